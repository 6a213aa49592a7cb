"""moto's server as the tests need it. Prints 'listening PORT' and ends when its standard input does, so that no test leaves one behind.

What moto 5.2 does not do like the services it stands for, and is put right here:
- DynamoDB calls, and writes to S3, are not atomic under threads: a check and the write after it let another thread in between. One at a time.
- TransactWriteItems ignores ClientRequestToken: a repetition of what was applied must be answered with success.
- TransactWriteItems copies the whole table, deeply, before each transaction. Items are replaced and not changed by the calls we make, so
  copying the references is enough.
"""
import collections, copy, json, sys, threading

import moto.dynamodb.models as dynamodb
from moto.core.responses import ActionResult
from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler
from moto.s3.responses import S3Response
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server


class TableCopies:
    """Stands for the module copy in moto's models."""

    def __getattr__(self, name):
        return getattr(copy, name)

    @staticmethod
    def deepcopy(value, memo=None):
        if not isinstance(value, Table):
            return copy.deepcopy(value, memo)
        table = copy.copy(value)
        table.items = collections.defaultdict(dict)
        for key, item in value.items.items():
            table.items[key] = dict(item) if isinstance(item, dict) else item
        return table


dynamodb.copy = TableCopies()

dynamodb_lock = threading.RLock()
dynamodb_call = DynamoHandler.call_action


def one_at_a_time(self):
    with dynamodb_lock:
        return dynamodb_call(self)


DynamoHandler.call_action = one_at_a_time

transactions = {}
transact = DynamoHandler.transact_write_items


def transact_once(self):
    token = self.body.get("ClientRequestToken")
    content = json.dumps(self.body["TransactItems"], sort_keys=True, default=bytes.hex)
    if token in transactions:
        if transactions[token] != content:
            raise MockValidationException("IdempotentParameterMismatchException: the token was used with other parameters")
        return ActionResult({"ConsumedCapacity": [], "ItemCollectionMetrics": {}})
    result = transact(self)
    if token:
        transactions[token] = content
    return result


DynamoHandler.transact_write_items = transact_once

s3_lock = threading.RLock()
s3_call = S3Response.key_response


def one_write_at_a_time(self, request, full_url, headers):
    if request.method in ("GET", "HEAD"):
        return s3_call(self, request, full_url, headers)
    request.get_data()  # before the lock: a slow client holds nobody up
    with s3_lock:
        return s3_call(self, request, full_url, headers)


S3Response.key_response = one_write_at_a_time


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, *args):
        pass


def main():
    app = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"listening {server.server_port}", flush=True)
    sys.stdin.read()


main()
