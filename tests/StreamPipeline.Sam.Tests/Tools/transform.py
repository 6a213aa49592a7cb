"""Does to the template what SAM does before it is deployed: the code's place, then the Serverless transform. Prints JSON.

usage: transform.py TEMPLATE REGION s3://BUCKET/KEY
"""
import json
import os
import sys

template_file, region, code = sys.argv[1:]
os.environ["AWS_DEFAULT_REGION"] = region

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse


class NoManagedPolicies:
    """SAM's look-up of managed policies by name, which asks IAM; each function brings its own role, so none is looked up."""

    def load(self):
        return {}


with open(template_file, encoding="utf-8") as file:
    template = yaml_parse(file)
template["Globals"]["Function"]["CodeUri"] = code
json.dump(transform(template, {}, NoManagedPolicies()), sys.stdout)
