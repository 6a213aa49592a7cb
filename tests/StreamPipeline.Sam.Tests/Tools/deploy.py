"""Deploys a transformed template on moto's CloudFormation, over HTTP on a loopback port, and prints as JSON what is then there.
On the moto whose address MOTO_URL names, which goes on; without it, on one of its own.

usage: deploy.py TEMPLATE.json REGION CODE_BUCKET CODE_KEY [PARAMETER=VALUE …]
"""
import ast
import io
import json
import logging
import os
import sys
import zipfile

template_file, region, code_bucket, code_key, *overrides = sys.argv[1:]
# moto takes any credentials; the ones of whoever runs the tests stay out of this.
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION=region)

import boto3
from moto.server import ThreadedMotoServer

STACK = "streampipeline"
logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = None
address = os.environ.get("MOTO_URL")
if not address:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    address = "http://%s:%d" % server.get_host_and_port()


def client(service):
    return boto3.client(service, endpoint_url=address, region_name=region)


code = io.BytesIO()
with zipfile.ZipFile(code, "w") as archive:
    archive.writestr("bootstrap", "#!/bin/sh\n")
s3 = client("s3")
s3.create_bucket(Bucket=code_bucket, CreateBucketConfiguration={"LocationConstraint": region})
s3.put_object(Bucket=code_bucket, Key=code_key, Body=code.getvalue())

cloudformation = client("cloudformation")
with open(template_file, encoding="utf-8") as file:
    template = file.read()
# By URL, as `sam deploy` does: a template in the request itself may have 51,200 bytes. moto looks the object up in its own S3.
s3.put_object(Bucket=code_bucket, Key="template.json", Body=template)
cloudformation.create_stack(
    StackName=STACK,
    TemplateURL=f"https://s3.{region}.amazonaws.com/{code_bucket}/template.json",
    Capabilities=["CAPABILITY_IAM"],
    Parameters=[dict(zip(("ParameterKey", "ParameterValue"), override.split("=", 1))) for override in overrides],
)
stack = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
resources = {
    resource["LogicalResourceId"]: {"type": resource["ResourceType"], "id": resource.get("PhysicalResourceId")}
    for resource in cloudformation.list_stack_resources(StackName=STACK)["StackResourceSummaries"]
}


def id_of(name):
    return resources[name]["id"]


def policy_of(role, policy):
    document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    # moto stores a policy from CloudFormation as Python writes it.
    return ast.literal_eval(document) if isinstance(document, str) else document


awslambda, iam, logs = client("lambda"), client("iam"), client("logs")
names = {kind: [name for name, resource in resources.items() if resource["type"] == kind] for kind in {r["type"] for r in resources.values()}}
seen = {
    "status": stack["StackStatus"],
    "resources": resources,
    "outputs": {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])},
    "stream": client("kinesis").describe_stream_summary(StreamName=id_of("Stream"))["StreamDescriptionSummary"],
    "table": client("dynamodb").describe_table(TableName=id_of("StateTable"))["Table"],
    "key": client("kms").get_key_policy(KeyId=id_of("Key"), PolicyName="default")["Policy"],
    "rotation": client("kms").get_key_rotation_status(KeyId=id_of("Key"))["KeyRotationEnabled"],
    "queue": client("sqs").get_queue_attributes(QueueUrl=id_of("DeadLetters"), AttributeNames=["All"])["Attributes"],
    "mappings": awslambda.list_event_source_mappings()["EventSourceMappings"],
    "functions": {name: awslambda.get_function(FunctionName=id_of(name))["Configuration"] for name in names["AWS::Lambda::Function"]},
    "concurrency": awslambda.get_function_concurrency(FunctionName=id_of("ConsumeFunction")).get("ReservedConcurrentExecutions"),
    "policies": {
        name: {policy: policy_of(id_of(name), policy) for policy in iam.list_role_policies(RoleName=id_of(name))["PolicyNames"]}
        for name in names["AWS::IAM::Role"]
    },
    "logs": {group["logGroupName"]: group.get("retentionInDays") for group in logs.describe_log_groups()["logGroups"]},
    "buckets": {name: s3.get_bucket_encryption(Bucket=id_of(name))["ServerSideEncryptionConfiguration"]["Rules"] for name in names["AWS::S3::Bucket"]},
}
if server:
    server.stop()
json.dump(seen, sys.stdout, default=str)
