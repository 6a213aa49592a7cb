"""The transformed template as a stack on moto's CloudFormation, over HTTP on a free port of the loopback."""
import ast
import io
import logging
import os
import zipfile

# moto takes any credentials; the ones of whoever runs the tests stay out of this.
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test")

import boto3
from moto.server import ThreadedMotoServer

STACK = "streampipeline"


class Stack:
    """Owner: the script; the server ends with stop()."""

    def __init__(self, template_file, region, code_bucket, code_key, parameters=()):
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self.region = region
        # MOTO_URL names a moto that runs already, and goes on.
        self._server = None
        self.address = os.environ.get("MOTO_URL")
        if not self.address:
            self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
            self._server.start()
            self.address = "http://%s:%d" % self._server.get_host_and_port()
        self._deploy(template_file, code_bucket, code_key, parameters)

    def client(self, service):
        return boto3.client(service, endpoint_url=self.address, region_name=self.region)

    def _deploy(self, template_file, code_bucket, code_key, parameters):
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr("bootstrap", "#!/bin/sh\n")
        s3 = self.client("s3")
        s3.create_bucket(Bucket=code_bucket, CreateBucketConfiguration={"LocationConstraint": self.region})
        s3.put_object(Bucket=code_bucket, Key=code_key, Body=code.getvalue())
        # By URL, as `sam deploy` does: a template in the request itself may have 51,200 bytes. moto looks the object up in its own S3.
        with open(template_file, "rb") as file:
            s3.put_object(Bucket=code_bucket, Key="template.json", Body=file.read())

        cloudformation = self.client("cloudformation")
        cloudformation.create_stack(
            StackName=STACK,
            TemplateURL=f"https://s3.{self.region}.amazonaws.com/{code_bucket}/template.json",
            Capabilities=["CAPABILITY_IAM"],
            Parameters=[dict(zip(("ParameterKey", "ParameterValue"), parameter.split("=", 1))) for parameter in parameters],
        )
        self.description = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
        self.resources = {
            resource["LogicalResourceId"]: {"type": resource["ResourceType"], "id": resource.get("PhysicalResourceId")}
            for resource in cloudformation.list_stack_resources(StackName=STACK)["StackResourceSummaries"]
            if resource["LogicalResourceId"]
        }

    def id_of(self, name):
        return self.resources[name]["id"]

    def of(self, resource_type):
        return [name for name, resource in self.resources.items() if resource["type"] == resource_type]

    def policies(self, role):
        """The role's inline policies: name to document."""
        iam = self.client("iam")
        documents = {}
        for policy in iam.list_role_policies(RoleName=self.id_of(role))["PolicyNames"]:
            document = iam.get_role_policy(RoleName=self.id_of(role), PolicyName=policy)["PolicyDocument"]
            # moto stores a policy from CloudFormation as Python writes it.
            documents[policy] = ast.literal_eval(document) if isinstance(document, str) else document
        return documents

    def functions(self):
        """Logical id to configuration."""
        return {name: self.client("lambda").get_function(FunctionName=self.id_of(name))["Configuration"] for name in self.of("AWS::Lambda::Function")}

    def stop(self):
        if self._server:
            self._server.stop()
