"""What the template promises about data, logs, names and access."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.support.roles import functions, granted, listed, statements
from tests.support.template import resources, template
from wugan import config
from wugan.aws.bus import DETAIL_TYPE
from wugan.outreach.quiet import Quiet
from wugan.outreach.schedule import Rules, parse_caps
from wugan.web.api.models import Problem

ALL = template()["Resources"]
KEEP = {"Fn::If": ["IsProduction", "Retain", "Delete"]}
KEY = {"Fn::GetAtt": ["Key", "Arn"]}


def named(resource_type: str) -> list[Any]:
    found = resources(resource_type)
    assert found
    return [pytest.param(resource, id=name) for name, resource in found.items()]


@pytest.mark.parametrize("table", named("AWS::DynamoDB::Table"))
def test_tables_can_be_restored_and_are_not_deleted_by_mistake(table: dict[str, Any]) -> None:
    properties = table["Properties"]
    assert table["DeletionPolicy"] == table["UpdateReplacePolicy"] == KEEP
    assert properties["DeletionProtectionEnabled"] == {"Fn::If": ["IsProduction", True, False]}
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": KEY}
    assert properties["BillingMode"] == "PAY_PER_REQUEST"


def test_waits_show_the_whole_row_to_the_stream_and_only_keys_to_the_indexes() -> None:
    waits = ALL["Waits"]["Properties"]
    assert waits["StreamSpecification"] == {"StreamViewType": "NEW_IMAGE"}
    assert {index["Projection"]["ProjectionType"] for index in waits["GlobalSecondaryIndexes"]} == {"KEYS_ONLY"}


@pytest.mark.parametrize("bucket", named("AWS::S3::Bucket"))
def test_buckets_are_private_encrypted_and_versioned(bucket: dict[str, Any]) -> None:
    properties = bucket["Properties"]
    assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == KEEP
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    rule = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]["ServerSideEncryptionByDefault"]
    assert rule == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}


def test_every_bucket_takes_tls_only() -> None:
    policies = {p["Properties"]["Bucket"]["Ref"]: p["Properties"]["PolicyDocument"] for p in resources("AWS::S3::BucketPolicy").values()}
    assert set(policies) == set(resources("AWS::S3::Bucket"))
    for policy in policies.values():
        assert policy["Statement"][0]["Effect"] == "Deny"
        assert policy["Statement"][0]["Condition"] == {"Bool": {"aws:SecureTransport": False}}


@pytest.mark.parametrize("group", named("AWS::Logs::LogGroup"))
def test_logs_are_encrypted_and_end(group: dict[str, Any]) -> None:
    assert group["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    assert group["Properties"]["KmsKeyId"] == KEY


def test_logs_are_kept_for_six_months_by_default() -> None:
    assert template()["Parameters"]["LogRetentionDays"]["Default"] >= 180


@pytest.mark.parametrize("verb", functions())
def test_every_function_has_its_own_log_with_its_own_name(verb: str) -> None:
    properties = functions()[verb]
    name = properties["FunctionName"]["Fn::Sub"]
    assert name == f"wugan-${{Stage}}-{verb.replace('_', '-')}"
    group = ALL[properties["LoggingConfig"]["LogGroup"]["Ref"]]["Properties"]["LogGroupName"]["Fn::Sub"]
    assert group == f"/aws/lambda/{name}"


@pytest.mark.parametrize("queue", named("AWS::SQS::Queue"))
def test_failures_are_encrypted_and_kept_for_two_weeks(queue: dict[str, Any]) -> None:
    assert queue["Properties"]["SqsManagedSseEnabled"] is True
    assert queue["Properties"]["MessageRetentionPeriod"] == 14 * 86_400


@pytest.mark.parametrize("machine", named("AWS::Serverless::StateMachine"))
def test_state_machines_log_errors_without_data(machine: dict[str, Any]) -> None:
    logging = machine["Properties"]["Logging"]
    assert (logging["Level"], logging["IncludeExecutionData"]) == ("ERROR", False)


def test_the_access_log_names_routes_never_paths() -> None:
    line = json.loads(ALL["Api"]["Properties"]["AccessLogSetting"]["Format"])
    values = set(line.values())
    assert "$context.resourcePath" in values
    assert not values & {"$context.path", "$context.requestOverride.path"}
    assert not any("querystring" in value or "identity" in value or "authorizer" in value for value in values)


def test_nothing_traces_or_logs_request_paths() -> None:
    api = ALL["Api"]["Properties"]
    assert api["TracingEnabled"] is False
    assert [(s["LoggingLevel"], s["DataTraceEnabled"]) for s in api["MethodSettings"]] == [("OFF", False)]


def test_the_api_is_throttled() -> None:
    assert all(s["ThrottlingRateLimit"] > 0 and s["ThrottlingBurstLimit"] > 0 for s in ALL["Api"]["Properties"]["MethodSettings"])


def test_production_refuses_rehearsal_aids() -> None:
    rule = template()["Rules"]["ProductionIsReal"]
    assert rule["RuleCondition"] == {"Fn::Equals": [{"Ref": "Stage"}, "production"]}
    refused = [a["Assert"]["Fn::Equals"] for a in rule["Assertions"] if "Fn::Equals" in a["Assert"]]
    assert refused == [[{"Ref": name}, ""] for name in ("SandboxIssuer", "SandboxKey", "SandboxVendors", "Clock")]


@pytest.mark.parametrize(
    ("issuer", "taken"),
    [
        ("", True),
        ("https://sso.example/realms/qd", True),
        ("http://sso.example", False),
        ("https://localhost:8443", False),
        ("https://127.0.0.1/x", False),
    ],
)
def test_an_issuer_is_public_and_needed_in_production(issuer: str, taken: bool) -> None:
    assert bool(re.fullmatch(template()["Parameters"]["OidcIssuer"]["AllowedPattern"], issuer)) is taken
    needed = [a["Assert"] for a in template()["Rules"]["ProductionIsReal"]["Assertions"]]
    assert {"Fn::Not": [{"Fn::Equals": [{"Ref": "OidcIssuer"}, ""]}]} in needed


def test_defaults_deploy_to_lambda_on_arm() -> None:
    parameters = template()["Parameters"]
    assert (parameters["Runtime"]["Default"], parameters["Architecture"]["Default"]) == ("python3.13", "arm64")


def test_no_arn_names_a_partition() -> None:
    def texts(value: Any) -> list[str]:
        if isinstance(value, dict):
            return [t for v in value.values() for t in texts(v)]
        if isinstance(value, list):
            return [t for v in value for t in texts(v)]
        return [value] if isinstance(value, str) else []

    assert not [t for t in texts(ALL) if "arn:aws" in t or "amazonaws.com/" in t]


def every_statement() -> list[tuple[str, dict[str, Any]]]:
    found = [(n, s) for n, r in resources("AWS::IAM::ManagedPolicy").items() for s in r["Properties"]["PolicyDocument"]["Statement"]]
    for name, resource in {**resources("AWS::Serverless::Function"), **resources("AWS::Serverless::StateMachine")}.items():
        found += [(name, s) for s in statements([p for p in resource["Properties"]["Policies"] if "Ref" not in p])]
    for name, role in resources("AWS::IAM::Role").items():
        found += [(name, s) for p in role["Properties"].get("Policies", []) for s in p["PolicyDocument"]["Statement"]]
    return found


def test_no_statement_has_a_wildcard_but_the_one_for_log_delivery() -> None:
    wild = {name for name, s in every_statement() if "*" in listed(s["Resource"])}
    assert wild == {"MachineLogGrant"}  # these actions know no resources
    assert not [(name, a) for name, s in every_statement() for a in listed(s["Action"]) if "*" in a]


def test_nobody_but_resume_and_sweep_reads_task_tokens() -> None:
    readers = {v for v, p in functions().items() if granted(p["Policies"]) & {"dynamodb:GetItem Waits", "dynamodb:Query Waits"}}
    assert readers == {"resume", "sweep"}
    assert {v for v, p in functions().items() if any(g.startswith("states:SendTask") for g in granted(p["Policies"]))} == readers


def test_the_stream_wakes_resume_only_when_token_and_answer_have_met() -> None:
    mapping = ALL["ResumeOnAnswer"]["Properties"]
    pattern = json.loads(mapping["FilterCriteria"]["Filters"][0]["Pattern"])
    there = {"S": [{"exists": True}]}
    assert pattern == {"dynamodb": {"NewImage": {"task_token": there, "answer": there}}}
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["DestinationConfig"]["OnFailure"]["Destination"] == {"Fn::GetAtt": ["ResumeFailures", "Arn"]}


def test_schedules_run_the_sweeper_and_the_scan() -> None:
    schedules = {n: s["Properties"] for n, s in resources("AWS::Scheduler::Schedule").items()}
    assert schedules["SweepSchedule"]["ScheduleExpression"] == "rate(1 minute)"
    assert schedules["SweepSchedule"]["Target"]["Arn"] == {"Fn::GetAtt": ["SweepFunction", "Arn"]}
    assert schedules["ScanSchedule"]["ScheduleExpressionTimezone"] == "Asia/Shanghai"
    assert schedules["ScanSchedule"]["Target"]["Arn"] == {"Ref": "ScanMachine"}
    assert all("DeadLetterConfig" in s["Target"] for s in schedules.values())


def test_functions_get_settings_that_the_package_knows() -> None:
    known = {v for v in vars(config).values() if isinstance(v, str) and v.startswith("WUGAN_")}
    given = {n for p in functions().values() for n in p["Environment"]["Variables"]}
    given |= set(template()["Globals"]["Function"]["Environment"]["Variables"])
    assert not given - known
    assert known - given == {config.SCAN_MACHINE, config.SENSE_QUEUE, config.SENSE_FAILURES}  # for the command line


def test_no_function_is_given_a_secret_itself() -> None:
    for verb, properties in functions().items():
        text = json.dumps(properties["Environment"])
        assert "SandboxKey" not in text, verb
        assert '"Ref": "SandboxVendors"' not in text, verb
        assert "{{resolve:" not in text, verb


def test_a_change_comes_to_sense_or_to_the_failures() -> None:
    rule, queue = ALL["SubjectChanged"]["Properties"], ALL["SenseQueue"]["Properties"]
    (target,) = rule["Targets"]
    failures = {"Fn::GetAtt": ["SenseFailures", "Arn"]}
    assert rule["EventPattern"] == {"detail-type": [DETAIL_TYPE]}
    assert target["Arn"] == ALL["SenseOnChange"]["Properties"]["EventSourceArn"] == {"Fn::GetAtt": ["SenseQueue", "Arn"]}
    assert target["DeadLetterConfig"]["Arn"] == queue["RedrivePolicy"]["deadLetterTargetArn"] == failures
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 5
    assert queue["VisibilityTimeout"] > functions()["sense"]["Timeout"]
    assert ALL["SenseOnChange"]["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_the_outbox_wakes_the_sequencer_and_a_minute_later_the_schedule_does() -> None:
    assert ALL["Outbox"]["Properties"]["StreamSpecification"] == {"StreamViewType": "KEYS_ONLY"}
    mapping, sequencer = ALL["SequenceOnEvent"]["Properties"], {"Fn::GetAtt": ["SequenceFunction", "Arn"]}
    assert mapping["FunctionName"] == {"Ref": "SequenceFunction"}
    assert mapping["MaximumBatchingWindowInSeconds"] <= 1
    assert json.loads(mapping["FilterCriteria"]["Filters"][0]["Pattern"]) == {"eventName": ["INSERT"]}  # not its own deletions
    schedule = resources("AWS::Scheduler::Schedule")["SequenceSchedule"]["Properties"]
    assert (schedule["ScheduleExpression"], schedule["Target"]["Arn"]) == ("rate(1 minute)", sequencer)
    role = ALL["ScheduleRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    assert {s["Resource"]["Fn::GetAtt"][0] for s in role if s["Action"] == "lambda:InvokeFunction"} >= {"SequenceFunction"}


def test_only_the_sequencer_signs_and_writes_the_log() -> None:
    def able(action: str, name: str) -> set[str]:
        return {v for v, p in functions().items() if any(g.startswith(f"{action} {name}") for g in granted(p["Policies"]))}

    assert able("kms:Sign", "LedgerKey") == {"sequence"}
    for action in ("s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"):
        assert able(action, "LedgerBucket/tile") | able(action, "LedgerBucket/checkpoint") <= {"sequence"}
    for action in ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"):
        assert able(f"dynamodb:{action}", "Ledger") <= {"sequence"}
    for action in ("DeleteItem", "UpdateItem", "BatchWriteItem"):
        assert able(f"dynamodb:{action}", "Outbox") <= {"sequence"}


def test_the_log_s_key_makes_signatures_that_everybody_s_tools_check() -> None:
    properties = ALL["LedgerKey"]["Properties"]
    assert (properties["KeySpec"], properties["KeyUsage"]) == ("ECC_NIST_EDWARDS25519", "SIGN_VERIFY")
    assert ALL["LedgerKey"]["DeletionPolicy"] == ALL["LedgerKey"]["UpdateReplacePolicy"] == KEEP


def test_nothing_of_the_log_ends_by_itself() -> None:
    rules = ALL["LedgerBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert [set(rule) for rule in rules] == [{"Id", "Status", "AbortIncompleteMultipartUpload"}]
    assert "TimeToLiveSpecification" not in ALL["Ledger"]["Properties"] | ALL["Outbox"]["Properties"]


def test_changes_end_by_themselves() -> None:
    assert ALL["Changes"]["Properties"]["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


def test_the_usual_rules_of_outreach_are_those_of_the_code() -> None:
    parameters, usual = template()["Parameters"], Rules()
    assert Quiet.parse(parameters["QuietHours"]["Default"]) == usual.quiet
    assert parse_caps(parameters["MessageCaps"]["Default"]) == usual.caps


# --- what the API answers by itself


GATEWAY = {"DEFAULT_4XX": None, "DEFAULT_5XX": None, "MISSING_AUTHENTICATION_TOKEN": 404, "THROTTLED": 429}


def test_what_the_api_answers_by_itself_is_chinese_for_people_and_a_problem_for_programs() -> None:
    responses = template()["Resources"]["Api"]["Properties"]["GatewayResponses"]
    assert {kind: r.get("StatusCode") for kind, r in responses.items()} == GATEWAY
    for kind, response in responses.items():
        problem = json.loads(response["ResponseTemplates"]["application/json"])
        assert set(Problem.model_fields) - set(problem) == (set() if GATEWAY[kind] else {"status"})
        page = response["ResponseTemplates"]["text/html"]
        assert f"<h1>{problem['title']}</h1><p>{problem['detail']}</p>" in page
        assert "$" not in page  # or the API would take it for a variable
        headers = response["ResponseParameters"]["Headers"]
        assert {"Cache-Control", "Referrer-Policy", "X-Content-Type-Options", "Strict-Transport-Security"} <= set(headers)
        assert all(value.startswith("'") and value.endswith("'") for value in headers.values())  # else they are names of variables
