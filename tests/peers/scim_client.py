"""A SCIM client that is not ours: scim2-client, which holds each answer against the standard and against the published schema.

Reads {"url", "token", "subject"} as JSON and goes through the life of that user. Prints what it found as JSON.
"""

import json
import sys
import warnings

warnings.filterwarnings("ignore", category=DeprecationWarning)

from httpx import Client  # noqa: E402
from scim2_client.engines.httpx import SyncSCIMClient  # noqa: E402
from scim2_models import Context, PatchOp, PatchOperation, SCIMException, SearchRequest  # noqa: E402

question = json.load(sys.stdin)
authorization = {"Authorization": f"Bearer {question['token']}"}
client = SyncSCIMClient(Client(base_url=question["url"], headers=authorization))
client.discover()
User, Group = client.get_resource_model("User"), client.get_resource_model("Group")
subject = question["subject"]


def found():
    users = client.query(User, query_parameters=SearchRequest(filter=f'externalId eq "{subject}"')).resources
    return [(user.user_name, user.active) for user in users or []]


def refused(call):
    try:
        return repr(call())
    except SCIMException as error:
        return [error.status, str(error)]


def patch(operation):
    return client.modify(User, user_id, PatchOp[User](operations=[operation]))


before = found()
sent = User(
    user_name="ana", external_id=subject, active=True, password="canary", name=User.Name(formatted="Ana")
)
created = client.create(sent)
user_id = created.id
by_patch = patch(PatchOperation(op=PatchOperation.Op.replace_, path="active", value=False))
after_patch = found(), client.query(User, user_id).active
created.active = False
by_put = client.replace(created)
client.delete(User, user_id)
answer = {
    "kinds": [kind.id for kind in client.resource_types],
    "sent": sent.model_dump(scim_ctx=Context.RESOURCE_CREATION_REQUEST),
    "before": before,
    "created": [created.user_name, created.external_id],
    "patched": by_patch.active,
    "after_patch": after_patch,
    "replaced": [by_put.user_name, by_put.active],
    "groups": client.query(Group).total_results,
    "stranger": refused(lambda: client.query(User, "!")),
    "filter": refused(lambda: client.query(User, query_parameters=SearchRequest(filter="emails pr"))),
    "everything": refused(lambda: client.query(None)),
    "group": refused(lambda: client.create(Group(external_id="g"))),
}
json.dump(answer, sys.stdout)
