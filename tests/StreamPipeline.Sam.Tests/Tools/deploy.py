"""Deploys a transformed template on moto and prints as JSON what is then there.

usage: deploy.py TEMPLATE.json REGION CODE_BUCKET CODE_KEY [PARAMETER=VALUE …]
"""
import json
import sys

from stack import Stack

template_file, region, code_bucket, code_key, *parameters = sys.argv[1:]
stack = Stack(template_file, region, code_bucket, code_key, parameters)
awslambda, logs, s3 = stack.client("lambda"), stack.client("logs"), stack.client("s3")
seen = {
    "status": stack.description["StackStatus"],
    "resources": stack.resources,
    "outputs": {output["OutputKey"]: output["OutputValue"] for output in stack.description.get("Outputs", [])},
    "stream": stack.client("kinesis").describe_stream_summary(StreamName=stack.id_of("Stream"))["StreamDescriptionSummary"],
    "table": stack.client("dynamodb").describe_table(TableName=stack.id_of("StateTable"))["Table"],
    "rotation": stack.client("kms").get_key_rotation_status(KeyId=stack.id_of("Key"))["KeyRotationEnabled"],
    "queue": stack.client("sqs").get_queue_attributes(QueueUrl=stack.id_of("DeadLetters"), AttributeNames=["All"])["Attributes"],
    "mappings": awslambda.list_event_source_mappings()["EventSourceMappings"],
    "functions": stack.functions(),
    "concurrency": awslambda.get_function_concurrency(FunctionName=stack.id_of("ConsumeFunction")).get("ReservedConcurrentExecutions"),
    "policies": {role: stack.policies(role) for role in stack.of("AWS::IAM::Role")},
    "logs": {group["logGroupName"]: group.get("retentionInDays") for group in logs.describe_log_groups()["logGroups"]},
    "buckets": {name: s3.get_bucket_encryption(Bucket=stack.id_of(name))["ServerSideEncryptionConfiguration"]["Rules"] for name in stack.of("AWS::S3::Bucket")},
}
stack.stop()
json.dump(seen, sys.stdout, default=str)
