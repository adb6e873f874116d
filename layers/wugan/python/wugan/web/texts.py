"""The Chinese words of the pages, in one place; a test holds that every stage, outcome, event, … has its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from wugan.approval.port import DecisionKind
from wugan.cases import deadlines
from wugan.cases.custody import Certificate, Holder
from wugan.cases.decide import CallOutcome, Settlement
from wugan.cases.model import Actor, Grade, Lapse, OldCertificate, Outcome, Power, Stage, Task
from wugan.clock import BEIJING
from wugan.detection.features import SUBJECT_FIELDS
from wugan.errors import WuganError
from wugan.forms.package import LOST
from wugan.items.model import DeliveryWay, Item, Jurisdiction, Kind, ReturnWay, SubjectField
from wugan.outreach.plan import CHANNEL_NAMES
from wugan.outreach.plan import HOTLINE as HOTLINE

SECOND = timedelta(seconds=1)  # periods end at midnight

STAGES = {
    Stage.PUSH: "正在通知您",
    Stage.IDENTITY: "等待您验证身份",
    Stage.INTENTION: "等待您确认办理意向",
    Stage.DECLARATION: "等待您确认申报信息",
    Stage.PICKUP: "快递上门回收旧证",
    Stage.APPROVAL: "部门审批中",
    Stage.CORRECTION: "等待您补正材料",
    Stage.DELIVERY: "新证照送达中",
    Stage.GIVE_BACK: "旧证退还中",
    Stage.CLOSING: "即将办结",
    Stage.CLOSED: "已结束",
}
OUTCOMES = {
    Outcome.DELIVERED: "已办结，新证照已送达",
    Outcome.DECLINED: "您已选择不办理",
    Outcome.EXPIRED: "超过时限未确认，已结束",
    Outcome.WITHDRAWN: "已按您的要求撤回",
    Outcome.REJECTED: "未获批准",
    Outcome.UNREACHABLE: "未能联系到您",
    Outcome.BY_PERSON: "已转由工作人员办理",
}
OUTCOMES_MORE = {
    Outcome.DELIVERED: "感谢您的配合。电子证照与纸质证照具有同等法律效力。",
    Outcome.DECLINED: "这不影响您今后办理。改变主意时，可到政务服务大厅或拨打12345办理。",
    Outcome.EXPIRED: "如仍需办理，可到政务服务大厅或拨打12345联系我们。",
    Outcome.WITHDRAWN: "撤回不影响您今后办理。已交寄的旧证会免费寄回。",
    Outcome.REJECTED: "理由和救济途径请验证身份后查看。已交寄的旧证会免费寄回。",
    Outcome.UNREACHABLE: "工作人员会电话联系您，您也可以拨打12345联系我们。",
    Outcome.BY_PERSON: "工作人员会尽快与您联系，您不需要做任何事。",
}
STAGES_AT_THE_DESK = {
    **STAGES,
    Stage.PUSH: "正在通知申请人",
    Stage.IDENTITY: "等待申请人验证身份",
    Stage.INTENTION: "等待申请人确认办理意向",
    Stage.DECLARATION: "等待申请人确认申报信息",
    Stage.CORRECTION: "等待申请人补正材料",
}
OUTCOMES_AT_THE_DESK = {
    **OUTCOMES,
    Outcome.DECLINED: "申请人选择不办理",
    Outcome.WITHDRAWN: "已按申请人要求撤回",
    Outcome.UNREACHABLE: "未能联系到申请人",
}
KINDS = {Kind.CHANGE: "变更", Kind.RENEWAL: "延续", Kind.FILING: "备案"}
FIELDS: dict[SubjectField, str] = SUBJECT_FIELDS
BUREAUS = {Jurisdiction.QD: "青岛市行政审批服务局", Jurisdiction.LX: "莱西市行政审批服务局", Jurisdiction.PD: "平度市行政审批服务局"}
CHANNELS = CHANNEL_NAMES
RETURN_WAYS = {
    ReturnWay.COURIER: "快递上门取走旧证（免费）",
    ReturnWay.HAND_IN: "我自己交到审批窗口",
    ReturnWay.NONE_HELD: "旧证已遗失（声明作废），或没有纸质旧证",
}
DELIVERY_WAYS = {
    DeliveryWay.COURIER: "快递寄给我（免费）",
    DeliveryWay.PICK_UP: "我到审批窗口自取",
    DeliveryWay.ELECTRONIC: "只要电子证照",
}
RETURN_WAYS_AT_THE_DESK = {
    ReturnWay.COURIER: "快递上门取走",
    ReturnWay.HAND_IN: "申请人交到审批窗口",
    ReturnWay.NONE_HELD: "已遗失或没有纸质旧证",
}
DELIVERY_WAYS_AT_THE_DESK = {
    DeliveryWay.COURIER: "快递寄送",
    DeliveryWay.PICK_UP: "申请人到审批窗口自取",
    DeliveryWay.ELECTRONIC: "只要电子证照",
}
OLD_CERTIFICATES = {
    OldCertificate.NONE: "不需要收回",
    OldCertificate.WITH_PERSON: "在申请人处",
    OldCertificate.WITH_COURIER: "在快递途中",
    OldCertificate.WITH_DEPARTMENT: "已交审批部门",
    OldCertificate.LOST: "快递途中遗失",
}
LAPSES = {
    Lapse.DEEMED_RENEWED: "原证照已到期，审批部门未在到期前作出决定，依照《行政许可法》第五十条视为准予延续，等待核发新证照",
    Lapse.EXPIRED_UNDECIDED: "原证照已到期，申请尚未办结，已提请工作人员处理",
}
LIGHTS = {"green": "正常", "yellow": "临近时限", "red": "超过承诺时限"}
ACTORS = {
    Actor.SYSTEM: "系统",
    Actor.PERSON: "申请人",
    Actor.AGENT: "受托人",
    Actor.COURIER: "快递",
    Actor.CHANNEL: "消息渠道",
    Actor.IDENTITY: "身份认证",
    Actor.DEPARTMENT: "审批部门",
    Actor.OFFICIAL: "工作人员",
}
DECISIONS = {DecisionKind.APPROVED: "准予", DecisionKind.CORRECTION: "要求补正", DecisionKind.REJECTED: "不予许可"}
TASKS = {
    Task.CALL: "电话联系申请人",
    Task.HANDLE: "人工办理",
    Task.PARCEL: "查找包裹",
    Task.KEEPER: "请登记机关更正数据",
    Task.FOLLOW_UP: "差评回访",
}
TASK_HELP = {
    Task.CALL: "请按登记的电话联系申请人，并记录结果。",
    Task.HANDLE: "系统不能继续自动办理，请人工办理后标记完成。",
    Task.PARCEL: "请与快递公司核实包裹去向，查清后登记；没有可登记的，处理后标记完成。",
    Task.KEEPER: "请向登记机关发出更正数据的请求，得到答复后标记完成。",
    Task.FOLLOW_UP: "申请人评价不满意，请回访并写明整改情况。",
}
QUEUE_GROUPS = {
    Stage.APPROVAL: "待审批",
    Stage.CORRECTION: "补正中",
    Stage.DELIVERY: "送达中",
    Stage.GIVE_BACK: "退证中",
}
CALLS = {
    CallOutcome.GOES_ON: "已联系上，愿意办理，已告知办理途径",
    CallOutcome.DECLINES: "已联系上，不需要办理",
    CallOutcome.WRONG_NUMBER: "号码有误，转登记机关更正",
    CallOutcome.NO_ANSWER: "无人接听，改日再拨",
    CallOutcome.AT_WINDOW: "已在窗口办理",
}
PARCELS = {Stage.PICKUP: "旧证回收", Stage.DELIVERY: "新证送达", Stage.GIVE_BACK: "旧证退还"}
REASONS = {
    "not_qualified": "不符合法定条件",
    "materials_untrue": "申报内容与事实不符",
    "outside_authority": "不属于本机关职权范围",
    "facts_changed": "办理期间情况发生变化",
    "other": "其他",
}
REGISTRIES = {
    "business": "商事登记库",
    "certificate": "电子证照库",
    "contact": "联系人信息库",
    "property": "不动产登记库",
    "case": "本次办理",
}
ORIGINS = {
    "generated": "系统生成",
    "shared": "部门共享，免提交",
    "old_certificate": "旧证收回",
    LOST: "申请人声明旧证遗失作废，或没有纸质旧证",
}
TRIGGERS = {
    Kind.CHANGE: "我们发现登记信息与证照上的内容不一致",
    Kind.RENEWAL: "我们发现您的证照即将到期",
    Kind.FILING: "我们发现您的经营范围新增了需要备案的业务",
}
_TASK_REASONS = {
    "no_channel": "各渠道均无法送达",
    "asked_person": "申请人要求人工办理",
    "no_longer_qualifies": "登记信息变化，不再符合自动办理条件",
    "execution_failed": "系统流程异常中断",
    "department_refused": "审批系统不接收该申请",
    "pickup_in_doubt": "申请人已撤回，但快递公司是否已接单无法确认，请联系快递公司取消上门取件",
    Lapse.EXPIRED_UNDECIDED.value: "原证照已到期，申请尚未办结",
    **{
        f"courier_{why}_{stage}": f"{text}（{what}）"
        for stage, what in {"pickup": "旧证回收", "delivery": "新证送达", "give_back": "旧证退还"}.items()
        for why, text in {"failed": "快递多次未成功", "refused": "快递不接单"}.items()
    },
    "pickup": "快递多次未能取到旧证",
    "delivery": "快递多次未能送达新证照",
    "give_back": "快递多次未能退还旧证",
}
SETTLEMENTS = {
    Settlement.RECEIVED: "已确认收到",
    Settlement.LOST: "确认遗失",
    Settlement.HOME: "已退回寄件人",
    Settlement.RESEND: "重新寄送",
}
RECEIPTS = {"yes": "收到了，证照在我手上", "no": "没有收到，或者是别人收的"}
CERTIFICATES = {Certificate.OLD: "旧证", Certificate.NEW: "新证照"}
HOLDERS = {
    Holder.PERSON: "申请人",
    Holder.COURIER: "快递",
    Holder.DEPARTMENT: "审批部门",
    Holder.LOCKER: "快递柜或代收点",
    Holder.SOMEBODY_ELSE: "他人代收",
    Holder.UNKNOWN: "去向不明",
}
SIGN_IN = {  # why somebody was not signed in: what it is, and what to do
    "state": ("登录已失效", "这次登录不是从本浏览器发起的，或者已超过十分钟。请重新登录。"),
    "denied": ("统一身份认证没有完成", "您取消了登录，或者认证平台没有放行。请重新登录；仍不成功时请联系运维人员。"),
    "token": ("登录信息没有通过校验", "认证平台返回的信息无法核实，已拒绝登录。请重新登录；反复出现时请联系运维人员。"),
    "no_role": ("您的账号没有本系统的角色", "登录成功，但账号没有审批、管理或监督角色。请联系本单位管理员开通。"),
    "two_bureaus": ("您的账号属于多个审批局", "一个账号只能办理一个审批局的事项。请联系管理员调整角色。"),
    "invalid": ("登录凭证无效", "请向运维人员领取新的凭证，完整粘贴后重试。"),
    "expired": ("登录凭证已过期", "请向运维人员领取新的凭证，完整粘贴后重试。"),
    "unavailable": ("统一身份认证暂时没有回应", "请过几分钟再试；您已保存的办理内容没有丢失。"),
}
GRADES = {
    Grade.VERY_SATISFIED: "非常满意",
    Grade.SATISFIED: "满意",
    Grade.FAIR: "基本满意",
    Grade.DISSATISFIED: "不满意",
    Grade.VERY_DISSATISFIED: "非常不满意",
}
TAGS = {
    "fast": "办得快",
    "clear": "说明清楚",
    "polite": "态度好",
    "no_trip": "不用跑腿",
    "slow": "办得慢",
    "unclear": "说明不清楚",
    "impolite": "态度不好",
    "courier": "快递有问题",
    "wrong_data": "预填信息有误",
}
POWERS = {
    Power.DECLARE: "办理申报：代为确认办理意向、核对并提交表单、补正",
    Power.RECEIVE: "查看和领取：代为查看进度、下载和领取证照",
}
ROLES = {"handling_person": "经办人", "legal_representative": "法定代表人", "agent": "代理人"}
CONDITIONS = {True: "符合", False: "不符合", None: "无法判断"}
EVENTS = {
    "opened": "系统分析研判，符合办理条件",
    "pushed": "已发送办理提示",
    "push_refused": "该渠道无法送达，改用其他渠道",
    "prompt_held": "提示将在合适的时间发出",
    "notice_held": "现在是免打扰时段，办理结果将在早上告知",
    "unreachable": "各渠道均无法送达，由工作人员电话联系",
    "delivered_prompt": "办理提示已送达",
    "undelivered": "办理提示未能送达，改用其他渠道",
    "identity_started": "开始身份认证",
    "identified": "身份认证通过",
    "identity_failed": "身份认证未通过",
    "intention_confirmed": "确认继续办理，即提出申请",
    "declined": "选择不办理",
    "asked_person": "请求人工帮助",
    "form_prepared": "系统已填好申报表单",
    "declared": "申报信息已确认",
    "corrected": "补正内容已提交",
    "withdrawn": "申请人撤回申请",
    "disputed": "对共享数据提出异议，已转登记机关核实更正",
    "delegated": "委托他人代办",
    "delegation_revoked": "撤回对他人的委托",
    "face_consented": "单独同意处理人脸信息",
    "face_consent_withdrawn": "撤回对处理人脸信息的同意",
    "consent_withdrawn": "撤回对处理个人信息的同意，非归档所需的信息已删除",
    "rated": "对本次服务作出评价",
    "pickup_ordered": "已为旧证回收下单快递",
    "pickup_collected": "快递已取走旧证",
    "pickup_arrived": "旧证已交到审批部门",
    "pickup_failed": "快递未能取件，重新安排",
    "delivery_ordered": "新证照已交快递寄出",
    "delivery_arrived": "新证照已签收",
    "delivery_failed": "快递未能送达，重新安排",
    "give_back_ordered": "旧证已交快递退还",
    "give_back_arrived": "退还的旧证已签收",
    "give_back_failed": "旧证退还未能送达，重新安排",
    "pickup_silent": "快递查不到旧证的踪迹，继续查询",
    "pickup_problem": "旧证暂时无法派送，快递正在处理",
    "pickup_sought": "旧证迟迟未送达，已请工作人员查找",
    "pickup_locker": "旧证放在快递柜或代收点，工作人员会去取",
    "pickup_other_signed": "旧证由他人代收，工作人员正在核实",
    "pickup_refused": "旧证被拒收，正在退回",
    "pickup_returned": "旧证正在退回",
    "pickup_home": "旧证已退回申请人处",
    "pickup_lost": "旧证在快递途中遗失，由审批部门处理，办理继续",
    "pickup_resent": "重新安排上门取件",
    "delivery_collected": "快递已取走新证照",
    "delivery_silent": "快递查不到新证照的踪迹，继续查询",
    "delivery_problem": "新证照暂时无法派送，快递正在处理",
    "delivery_sought": "新证照迟迟未送达，已请工作人员查找",
    "delivery_locker": "新证照放在快递柜或代收点，尚未确认本人签收",
    "delivery_other_signed": "新证照由他人代收，尚未确认本人签收",
    "delivery_refused": "新证照被拒收，正在退回",
    "delivery_returned": "新证照正在退回",
    "delivery_home": "新证照已退回窗口，请选择再次寄送或到窗口领取",
    "delivery_lost": "新证照在快递途中遗失，将补发",
    "delivery_claimed": "快递称新证照已签收，与申请人的反馈不符，工作人员正在核实",
    "delivery_resent": "新证照重新寄送",
    "give_back_collected": "快递已取走退还的旧证",
    "give_back_silent": "快递查不到退还的旧证的踪迹，继续查询",
    "give_back_problem": "退还的旧证暂时无法派送，快递正在处理",
    "give_back_sought": "退还的旧证迟迟未送达，已请工作人员查找",
    "give_back_locker": "退还的旧证放在快递柜或代收点，尚未确认本人签收",
    "give_back_other_signed": "退还的旧证由他人代收，尚未确认本人签收",
    "give_back_refused": "退还的旧证被拒收，正在退回",
    "give_back_returned": "退还的旧证正在退回",
    "give_back_home": "退还的旧证已退回窗口，可再次寄送",
    "give_back_lost": "退还的旧证在快递途中遗失，工作人员会处理",
    "give_back_claimed": "快递称退还的旧证已签收，与申请人的反馈不符，工作人员正在核实",
    "give_back_resent": "退还的旧证重新寄送",
    "received_by_person": "申请人确认已收到",
    "denied_by_person": "申请人反映没有收到，工作人员正在核实",
    "redelivery_chosen": "申请人已选择证照退回后的送达方式",
    "received_at_counter": "新证照已在窗口领取",
    "ready_at_counter": "新证照可到窗口领取",
    "delivered_electronically": "电子证照已签发，可随时下载",
    "submitted": "申请已提交审批部门，开始计算办理时限",
    "approved": "审批部门准予许可",
    "rejected": "审批部门不予许可",
    "correction_required": "审批部门一次告知需补正的内容，时限暂停",
    "reminder_due": "到提醒时间，再次提示",
    "expired": "超过时限未确认",
    "light_yellow": "办理时限已过九成（黄灯）",
    "light_red": "已超过承诺时限（红灯）",
    "deemed_renewed": "原证照到期而未作出决定，依法视为准予延续",
    "expired_undecided": "原证照到期，申请尚未办结，提请工作人员处理",
    "overdue": "等待超过时限，转人工处理",
    "cancelled": "已取消未完成的后续步骤",
    "handed_over": "转由工作人员办理",
    "notified": "已告知办理结果",
    "closed": "办理结束",
    "task_done": "工作人员已处理",
    "assigned": "审批人员已调整",
    "extended": "经批准延长办理时限十个工作日，理由已告知",
    "proposed": "审批人员已提出决定，等待复核",
    "sent_back": "复核未通过，重新审查",
    "called": "工作人员已电话联系",
}


@dataclass(frozen=True)
class Problem:
    """What a person reads when something cannot be done: what it is, and what to do next."""

    title: str
    what: str
    following: str


_PROBLEMS = {
    "error": Problem("暂时无法办理", "系统没能完成这一步。", "请返回重试；仍不成功时拨打12345，由工作人员协助。"),
    "invalid_input": Problem("填写的内容有误", "提交的内容不完整或格式不对。", "请返回上一页检查后重新提交。"),
    "not_found": Problem("没有找到", "您要找的内容不存在，或者还没有生成。", "请返回办理页面查看进度；仍需帮助请拨打12345。"),
    "forbidden": Problem("不能进行这一步", "没有通过身份确认，或者尝试次数过多。", "请返回办理页面换一种方式验证，或者请工作人员协助。"),
    "locked": Problem(
        "暂时不能验证身份", "验证次数过多，为保护您的信息，已暂时锁定。",
        "请最多过一天再试；等不及时，请工作人员协助，或者到政务服务大厅办理。",
    ),
    "link_invalid": Problem(
        "链接无效", "这个链接不完整，或者不是我们发出的。",
        "请从收到的提示消息重新打开；也可以在“核验”页输入核验码查询真伪。请勿向他人提供个人信息。",
    ),
    "link_expired": Problem("链接已过期", "出于安全考虑，这个链接已超过有效时间。", "请拨打12345或到政务服务大厅，由工作人员协助。"),
    "conflict": Problem("状态已经变化", "这件事已经往前走了一步，不能再这样操作。", "请返回办理页面查看最新进度。"),
    "deemed_renewed": Problem(
        "已视为准予延续", "原证照到期前未作出决定，依照《行政许可法》第五十条视为准予延续，不能再要求补正或不予许可。",
        "请返回案件页面核发新证照。",
    ),
    "not_waiting": Problem("现在不需要这一步", "这一步已经完成，或者系统正在处理。", "请返回办理页面查看最新进度，不会重复办理。"),
    "case_ended": Problem("办理已经结束", "这件事已经结束，不能再操作。", "请返回办理页面查看结果；如需再次办理请拨打12345。"),
    "stale_head": Problem("请再试一次", "有另一项操作刚刚完成。", "请返回办理页面后重试。"),
    "outdated": Problem("内容已更新", "您查看之后，这件事有了新的变化。", "请重新查看后再操作。"),
    "in_progress": Problem("正在处理", "同一个请求正在处理中。", "请过几秒用同一个幂等键再试。"),
    "unauthorized": Problem("缺少凭证", "请求没有携带办理链接中的凭证。", "请从收到的提示消息重新打开。"),
    "unsupported_media_type": Problem("格式不支持", "请求内容不是JSON格式。", "请使用application/json提交。"),
    "key_reused": Problem("幂等键已使用", "这个幂等键已用于另一个不同的请求。", "请为新的请求换一个幂等键。"),
    "duplicate": Problem("已经收到", "您刚才的提交已经收到，不会重复办理。", "请返回办理页面查看进度。"),
    "already_open": Problem("已经在办理", "同一件事已经在办理中。", "请从收到的提示消息打开。"),
    "vendor_refused": Problem("这种方式不可用", "合作服务没有接受这次请求。", "请返回办理页面换一种方式，或者请工作人员协助。"),
    "vendor_unavailable": Problem("服务暂时繁忙", "合作服务暂时没有回应，您的信息没有丢失。", "请过几分钟再试，或者换一种方式。"),
    "not_yet": Problem("请稍等", "系统正在记录刚才的操作。", "请过几秒再试。"),
    "too_large": Problem("提交的内容过多", "提交的内容超过了允许的大小。", "请返回上一页，缩短后重新提交。"),
    "no_form": Problem("提交的格式不对", "这个地址只接受本网站页面上的表单。", "请打开页面填写后提交；程序对接请使用/v1接口。"),
    "forged_form": Problem("页面已失效", "为防止他人冒用您的名义，这次提交没有被接受。", "请返回办理页面，刷新后重新操作。"),
}  # fmt: skip
_UNEXPECTED = Problem("系统出错了", "这是我们的问题，不是您的操作有误。您已完成的步骤没有丢失。", "请过几分钟再试；仍不成功时拨打12345。")


def problem(error: WuganError | None) -> Problem:
    """What a person is told about an error; None is one that nobody expected."""
    if error is None:
        return _UNEXPECTED
    codes = (kind.code for kind in type(error).__mro__ if issubclass(kind, WuganError))  # a kind without words of its own has its parent's
    return next(_PROBLEMS[code] for code in codes if code in _PROBLEMS)


_FORM_FIELDS = {
    "return_way": "请选择旧证怎样交回",
    "delivery_way": "请选择新证照怎样送达",
    "pickup_address": "请写清取件地址：省、市、区（县），再写道路和门牌，例如“山东省青岛市市南区香港中路10号”",
    "delivery_address": "请写清收件地址：省、市、区（县），再写道路和门牌，例如“山东省青岛市市南区香港中路10号”",
    "pickup_slot": "这个时段已约满或已过，请另选一个",
    "name": "请填写受托人的姓名，2至30个字",
    "id_number": "请填写受托人的18位身份证号，末位是字母时填X",
    "mobile": "请填写受托人的11位手机号",
    "powers": "请至少选择一项委托事项",
    "until": "请选择从今天起90天以内的日期",
    "received": "请选择一项，再点确认",
    "settlement": "请选择查到的结果",
    "grade": "请选择一个评价等级",
    "tags": "请从列出的标签中选择",
    "text": "意见不超过500个字",
    "channels": "请至少保留一种通知方式；都不想要时，可以选择不再提醒此事项",
    "contact_mobile": "请填写11位手机号，快递用来联系您",
    "form": "表单还在准备，请稍后再提交",
    "search": "请输入26位办件编号，或18位统一社会信用代码",
    "extension": "请写明延长办理时限的理由，不超过500个字，申请人会看到",
    "sent_back": "请写明退回的意见，不超过500个字",
    "officer": "请选择本局的一位审批人员",
    "outcome": "请选择电话联系的结果",
    "again": "请选择再次拨打的日期，应晚于今天",
    "note": "请写明处理情况，不超过500个字",
    "task": "请选择要完成的任务",
    "points": "请至少写一条需要补正的内容，一次告知全部",
    "reason": "请写明不予许可的理由",
    "certificate": "请填写新证照的信息",
    "certificate.number": "请填写新证照编号",
    "certificate.valid_from": "请填写新证照的有效期起始日",
    "certificate.valid_until": "有效期截止日应晚于起始日",
}


DECLARATION_LABELS = {
    "return_way": "旧证回收方式",
    "delivery_way": "送达方式",
    "pickup_address": "取件地址",
    "delivery_address": "收件地址",
    "pickup_slot": "取件时间",
    "form": "表单",
}


def field_error(field: str | None) -> str:
    """What to mend in a form's field."""
    return _FORM_FIELDS.get(field or "", "请填写此项，不超过200个字")


def slot(text: str) -> str:
    """A time slot of a courier, 2026-11-25 09:00-11:00, as 11月25日（周三）09:00–11:00; empty stays empty."""
    if not text:
        return ""
    at = datetime.fromisoformat(text[:16])
    return f"{at.month}月{at.day}日（周{'一二三四五六日'[at.weekday()]}）{at:%H:%M}–{text[17:]}"


def time_left(promised_by: datetime, now: datetime) -> str:
    """How long is left until a period's last day, in working days; or for how long it has been over."""
    last, today = (promised_by.astimezone(BEIJING) - SECOND).date(), now.astimezone(BEIJING).date()
    if today == last:
        return "今天到期"
    if today > last:
        return f"已超期{deadlines.workdays(last, today)}个工作日"
    return f"还剩{deadlines.workdays(today, last)}个工作日"


def source(name: str) -> str:
    """The registry that a form field comes from; `name` is `registry.column`."""
    return REGISTRIES[name.partition(".")[0]]


def task_reason(code: str) -> str:
    """Why an official has to act; a code without words of its own is shown as it is."""
    stage = code.removeprefix("overdue_at_")
    return f"{STAGES[Stage(stage)]}，等待超过时限" if stage != code else _TASK_REASONS.get(code, code or "—")


def why(item: Item, fields: Sequence[str] = ()) -> str:
    """What set the item off, and which fields; their values stay masked."""
    if item.kind is Kind.CHANGE and fields:
        names = "、".join(FIELDS[SubjectField(f)] for f in fields)
        whose = "登记信息中" if SubjectField.PRODUCER_NAME in fields else "您的营业执照上"
        return f"{whose}的{names}已由“＊＊＊”变更为“＊＊＊”，与{item.certificates.title}上的内容不一致"
    return TRIGGERS[item.kind]
