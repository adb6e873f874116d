"""The Chinese words of the pages, in one place; a test holds that every stage, outcome, event, … has its own."""

from __future__ import annotations

from dataclasses import dataclass

from wugan.approval.port import DecisionKind
from wugan.cases.model import Actor, Lapse, OldCertificate, Outcome, Stage, Task
from wugan.detection.features import SUBJECT_FIELDS
from wugan.errors import WuganError
from wugan.items.model import DeliveryWay, Item, Jurisdiction, Kind, ReturnWay, SubjectField
from wugan.outreach.plan import CHANNEL_NAMES
from wugan.outreach.plan import HOTLINE as HOTLINE

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
KINDS = {Kind.CHANGE: "变更", Kind.RENEWAL: "延续", Kind.FILING: "备案"}
FIELDS: dict[SubjectField, str] = SUBJECT_FIELDS
BUREAUS = {Jurisdiction.QD: "青岛市行政审批服务局", Jurisdiction.LX: "莱西市行政审批服务局", Jurisdiction.PD: "平度市行政审批服务局"}
CHANNELS = CHANNEL_NAMES
RETURN_WAYS = {
    ReturnWay.COURIER: "快递上门取走旧证（免费）",
    ReturnWay.HAND_IN: "我自己交到审批窗口",
    ReturnWay.NONE_HELD: "旧证已遗失或没有纸质旧证",
}
DELIVERY_WAYS = {
    DeliveryWay.COURIER: "快递寄给我（免费）",
    DeliveryWay.PICK_UP: "我到审批窗口自取",
    DeliveryWay.ELECTRONIC: "只要电子证照",
}
OLD_CERTIFICATES = {
    OldCertificate.NONE: "不需要收回",
    OldCertificate.WITH_PERSON: "在申请人处",
    OldCertificate.WITH_COURIER: "在快递途中",
    OldCertificate.WITH_DEPARTMENT: "已交审批部门",
}
LAPSES = {
    Lapse.DEEMED_RENEWED: "原证照已到期，审批部门未在到期前作出决定，依照《行政许可法》第五十条视为准予延续，等待核发新证照",
    Lapse.EXPIRED_UNDECIDED: "原证照已到期，申请尚未办结，已提请工作人员处理",
}
LIGHTS = {"green": "正常", "yellow": "临近时限", "red": "超过承诺时限"}
ACTORS = {
    Actor.SYSTEM: "系统",
    Actor.PERSON: "申请人",
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
ORIGINS = {"generated": "系统生成", "shared": "部门共享，免提交", "old_certificate": "旧证收回"}
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
CONDITIONS = {True: "符合", False: "不符合", None: "无法判断"}
EVENTS = {
    "opened": "系统分析研判，符合办理条件",
    "pushed": "已向您发送办理提示",
    "push_refused": "该渠道无法送达，改用其他渠道",
    "unreachable": "现有渠道均无法联系到您",
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
    "notified": "已告知您办理结果",
    "closed": "办理结束",
    "task_done": "工作人员已处理",
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
    "link_invalid": Problem(
        "链接无效", "这个链接不完整，或者不是我们发出的。",
        "请从收到的提示消息重新打开；也可以在“核验”页输入验证码查询真伪。请勿向他人提供个人信息。",
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
    "pickup_address": "请填写快递上门取件的地址，6至120个字",
    "delivery_address": "请填写收件地址，6至120个字",
    "contact_mobile": "请填写11位手机号，快递用来联系您",
    "form": "表单还在准备，请稍后再提交",
    "points": "请至少写一条需要补正的内容，一次告知全部",
    "reason": "请写明不予许可的理由",
    "certificate": "请填写新证照的信息",
    "certificate.number": "请填写新证照编号",
    "certificate.valid_from": "请填写新证照的有效期起始日",
    "certificate.valid_until": "有效期截止日应晚于起始日",
}


def field_error(field: str | None) -> str:
    """What to mend in a form's field."""
    return _FORM_FIELDS.get(field or "", "请填写此项，不超过200个字")


def source(name: str) -> str:
    """The registry that a form field comes from; `name` is `registry.column`."""
    return REGISTRIES[name.partition(".")[0]]


def task_reason(code: str) -> str:
    """Why an official has to act; a code without words of its own is shown as it is."""
    stage = code.removeprefix("overdue_at_")
    return f"{STAGES[Stage(stage)]}，等待超过时限" if stage != code else _TASK_REASONS.get(code, code or "—")


def why(item: Item) -> str:
    """What set the item off."""
    return TRIGGERS[item.kind]
