"""Canaille on loopback: an OpenID provider with groups, whose SCIM client tells another service of each change of a person.

python canaille_provider.py SETTINGS. SETTINGS is a JSON file: `port`; `redirect`, the redirect of the public client `jit`;
`people`, the groups of each person by name; and `scim`, with the `url` and the `token` of the receiver that is told, or null.
Everybody's password is `password`. Besides Canaille's own paths, tests post JSON to /test/groups (`person`, `groups`),
/test/lock, /test/unlock and /test/delete (`person`), and to /test/rotate. The changes go through Canaille's own models, as those
of its pages do.
"""

import datetime
import json
import os
import sys

from canaille import create_app
from canaille.app import models
from canaille.app.flask import csrf
from canaille.backends import Backend
from flask import request
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server

with open(sys.argv[1]) as file:
    settings = json.load(file)
folder = os.path.dirname(os.path.abspath(sys.argv[1]))
port = settings["port"]


def new_key():
    return RSAKey.generate_key(2048, {"alg": "RS256", "use": "sig"}, auto_kid=True).as_dict(private=True)


def now():
    return datetime.datetime.now(datetime.timezone.utc)


app = create_app(
    {
        "SECRET_KEY": os.urandom(32).hex(),
        "SERVER_NAME": f"127.0.0.1:{port}",
        "PREFERRED_URL_SCHEME": "http",
        "CANAILLE": {"DATABASE": "sql"},
        "CANAILLE_SQL": {
            "DATABASE_URI": f"sqlite:///{folder}/canaille.sqlite",
            # The tests sign in often, and nobody steals this table.
            "PASSWORD_HASH_PARAMS": {"pbkdf2_sha512__rounds": 1000},
        },
        "CANAILLE_OIDC": {
            "ACTIVE_JWKS": [new_key()],
            # Nobody is spared the page that asks for consent.
            "TRUSTED_DOMAINS": [],
            # The id never changes hands, and Canaille's SCIM client sends it as externalId.
            "USERINFO_MAPPING": {"SUB": "{{ user.id }}"},
        },
        "CANAILLE_SCIM": {"ENABLE_CLIENT": settings["scim"] is not None},
    },
    init_backend=True,
)


def person(name):
    return Backend.instance.get(models.User, user_name=name)


def set_groups(name, wanted):
    """Sets the groups of a person. A group without members is none in Canaille, so each keeps its founder."""
    user = person(name)
    for title in sorted({group.display_name for group in user.groups} | set(wanted)):
        group = Backend.instance.get(models.Group, display_name=title)
        group = group or models.Group(display_name=title, members=[person("founder")])
        others = [member for member in group.members if member.user_name != name]
        group.members = others + ([user] if title in wanted else [])
        Backend.instance.save(group)


with app.app_context(), app.backend.session():
    for name in ["founder", *settings["people"]]:
        user = models.User(
            user_name=name,
            formatted_name=name.title(),
            family_name=name.title(),
            emails=[f"{name}@example.com"],
            password="password",
        )
        Backend.instance.save(user)
    for name, groups in settings["people"].items():
        set_groups(name, groups)
    client = models.Client(
        client_id="jit",
        client_name="jit",
        client_id_issued_at=now(),
        client_uri=(settings["scim"] or {}).get("url"),
        redirect_uris=[settings["redirect"]],
        grant_types=["authorization_code", "refresh_token"],
        response_types=["code"],
        token_endpoint_auth_method="none",
        scope=["openid", "profile", "email", "groups"],
    )
    Backend.instance.save(client)
    client.audience = [client]
    Backend.instance.save(client)
    if settings["scim"]:
        # Canaille shows a service the access token that belongs to its client and to nobody, and makes one where there is none.
        token = models.Token(
            token_id="scim",
            access_token=settings["scim"]["token"],
            subject=None,
            type="access_token",
            client=client,
            audience=[client],
            scope=["openid", "profile"],
            issue_date=now(),
            lifetime=10 * 365 * 86400,
        )
        Backend.instance.save(token)


def changes(path):
    """A path for tests. What Canaille raises is the body of an answer 500."""

    def wrap(change):
        def view():
            try:
                change(request.get_json())
            except Exception as error:
                app.logger.exception(error)
                return f"{type(error).__name__}: {error}", 500
            return "", 204

        app.add_url_rule(path, path.strip("/").replace("/", "_"), csrf.exempt(view), methods=["POST"])
        return change

    return wrap


@changes("/test/groups")
def groups(body):
    set_groups(body["person"], body["groups"])


@changes("/test/lock")
def lock(body):
    user = person(body["person"])
    user.lock_date = now() - datetime.timedelta(seconds=1)
    Backend.instance.save(user)


@changes("/test/unlock")
def unlock(body):
    user = person(body["person"])
    user.lock_date = None
    Backend.instance.save(user)


@changes("/test/delete")
def delete(body):
    Backend.instance.delete(person(body["person"]))


@changes("/test/rotate")
def rotate(_):
    app.config["CANAILLE_OIDC"]["ACTIVE_JWKS"] = [new_key()]


make_server("127.0.0.1", port, app, threaded=True).serve_forever()
