"""What botocore, which AWS's CLI is, reads of AWS's files.

In: [{"config": text, "credentials": text}]. Out, for each: {"profiles", "sso_sessions", "services"}, or {"error": file}.
"""

import json
import os
import sys
import tempfile

import botocore.configloader
import botocore.exceptions
import botocore.session


def read(folder, case):
    paths = {}
    for name in ('config', 'credentials'):
        paths[name] = os.path.join(folder, name)
        with open(paths[name], 'w', encoding='utf-8', newline='') as file:
            file.write(case[name])
    session = botocore.session.Session(include_builtin_handlers=False)
    session.set_config_variable('config_file', paths['config'])
    session.set_config_variable('credentials_file', paths['credentials'])
    try:
        botocore.configloader.load_config(paths['config'])
    except botocore.exceptions.ConfigParseError:
        return {'error': 'config'}
    try:
        whole = session.full_config
    except botocore.exceptions.ConfigParseError:
        return {'error': 'credentials'}
    return {key: whole.get(key, {}) for key in ('profiles', 'sso_sessions', 'services')}


with tempfile.TemporaryDirectory() as folder:
    json.dump([read(folder, case) for case in json.load(sys.stdin)], sys.stdout)
