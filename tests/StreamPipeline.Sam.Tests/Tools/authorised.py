"""The stack on moto, which asks of every call what IAM would: may this role do that to this resource?

A call's access key names the role it is made as, such as "ConsumeRole". The resource of a call is worked out as the Service Authorization Reference says, for
the calls that the functions make; a call that is not known here is refused. Conditions, key policies and bucket policies are not looked at.

usage: authorised.py TEMPLATE.json REGION CODE_BUCKET CODE_KEY
Prints one line of JSON: {"address": …, "functions": {name: configuration}}; GET /authorised on the address says which calls were allowed and which refused.
Ends when its standard input does.
"""
import fnmatch
import io
import json
import sys
import threading
from urllib.parse import parse_qs, unquote

from stack import Stack
from moto.moto_server.werkzeug_app import DomainDispatcherApplication

ACCOUNT = "123456789012"
policies = {}
allowed, refused = set(), set()
# moto's DynamoDB is not safe for concurrent calls, and neither are the sets.
turn = threading.Lock()


def json_calls(service, target, body):
    """Actions with their resources: one, or one per item of a transaction."""
    operation = target.split(".")[-1]
    if service == "dynamodb":
        table = lambda name: f"arn:aws:dynamodb:{region}:{ACCOUNT}:table/{name}"
        if operation == "TransactWriteItems":
            return [(f"dynamodb:{verb}Item", table(item["TableName"])) for write in body["TransactItems"] for verb, item in write.items()]
        if operation == "BatchWriteItem":
            return [("dynamodb:BatchWriteItem", table(name)) for name in body["RequestItems"]]
        return [(f"dynamodb:{operation}", table(body["TableName"]))]
    if service == "kinesis":
        return [(f"kinesis:{operation}", f"arn:aws:kinesis:{region}:{ACCOUNT}:stream/{body['StreamName']}")]
    if service == "firehose":
        return [(f"firehose:{operation}", f"arn:aws:firehose:{region}:{ACCOUNT}:deliverystream/{body['DeliveryStreamName']}")]
    return [(f"{service}:{operation}", "unknown")]


def s3_calls(method, path, query, environ):
    bucket, _, key = path.lstrip("/").partition("/")
    resource = f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"
    if not key:
        return [("s3:ListBucket" if method == "GET" and "list-type" in query else f"s3:{method} of a bucket", resource)]
    if method in ("GET", "HEAD"):
        return [("s3:GetObject", resource)]
    if method == "DELETE":
        return [("s3:AbortMultipartUpload" if "uploadId" in query else "s3:DeleteObject", resource)]
    source = environ.get("HTTP_X_AMZ_COPY_SOURCE")
    copied = [("s3:GetObject", "arn:aws:s3:::" + unquote(source).lstrip("/"))] if source else []
    return [("s3:PutObject", resource), *copied]


def permits(role, action, resource):
    return any(
        statement["Effect"] == "Allow"
        and any(fnmatch.fnmatchcase(action, pattern) for pattern in listed(statement["Action"]))
        and any(fnmatch.fnmatchcase(resource, pattern) for pattern in listed(statement["Resource"]))
        for document in policies.get(role, {}).values()
        for statement in document["Statement"]
    )


def listed(value):
    return value if isinstance(value, list) else [value]


class Authorising:
    """In front of moto: lets through what the caller's role permits."""

    def __init__(self, application):
        self.application = application

    def __call__(self, environ, respond):
        if environ["PATH_INFO"] == "/authorised":
            respond("200 OK", [("Content-Type", "application/json")])
            return [json.dumps({"allowed": sorted(allowed), "refused": sorted(refused)}).encode()]
        with turn:
            role, service = self.caller(environ)
            if role == "test":
                return self.application(environ, respond)
            denied = [call for call in self.calls(environ, service) if not self.decide(role, *call)]
            return self.refuse(service, denied, respond) if denied else self.application(environ, respond)

    @staticmethod
    def caller(environ):
        # AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request, …
        scope = environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")[2].split(",")[0].split("/")
        return (scope[0], scope[3]) if len(scope) == 5 else ("nobody", "nothing")

    @staticmethod
    def calls(environ, service):
        if service == "s3":
            return s3_calls(environ["REQUEST_METHOD"], environ["PATH_INFO"], parse_qs(environ["QUERY_STRING"], keep_blank_values=True), environ)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        return json_calls(service, environ.get("HTTP_X_AMZ_TARGET", "?"), json.loads(body or b"{}"))

    @staticmethod
    def decide(role, action, resource):
        permitted = permits(role, action, resource)
        (allowed if permitted else refused).add((role, action, resource))
        return permitted

    @staticmethod
    def refuse(service, denied, respond):
        message = "not authorized to perform: " + ", ".join(f"{action} on {resource}" for action, resource in denied)
        if service == "s3":
            respond("403 Forbidden", [("Content-Type", "application/xml")])
            return [f"<Error><Code>AccessDenied</Code><Message>{message}</Message></Error>".encode()]
        respond("400 Bad Request", [("Content-Type", "application/x-amz-json-1.0")])
        return [json.dumps({"__type": "AccessDeniedException", "message": message}).encode()]


template_file, region, code_bucket, code_key = sys.argv[1:]
moto_call = DomainDispatcherApplication.__call__
DomainDispatcherApplication.__call__ = lambda self, environ, respond: Authorising(lambda *request: moto_call(self, *request))(environ, respond)
stack = Stack(template_file, region, code_bucket, code_key)
# moto's CloudFormation has no Firehose; moto itself does.
stack.client("firehose").create_delivery_stream(
    DeliveryStreamName="streampipeline-bronze",
    ExtendedS3DestinationConfiguration={
        "RoleARN": f"arn:aws:iam::{ACCOUNT}:role/{stack.id_of('BronzeDeliveryRole')}",
        "BucketARN": f"arn:aws:s3:::{stack.id_of('LakeBucket')}",
        "Prefix": "bronze/flights/",
    },
)
policies.update({role: stack.policies(role) for role in stack.of("AWS::IAM::Role")})
print(json.dumps({"address": stack.address, "functions": stack.functions()}, default=str), flush=True)
sys.stdin.read()
stack.stop()
