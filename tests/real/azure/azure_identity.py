"""Prints each access token that azure-identity gets by default for a resource, for so many seconds."""

import sys
import time

from azure.identity import DefaultAzureCredential

scope, seconds = sys.argv[1] + "/.default", float(sys.argv[2])
credential = DefaultAzureCredential()
end = time.monotonic() + seconds
last = None
while time.monotonic() < end:
    try:
        token = credential.get_token(scope)
    except Exception as error:  # noqa: BLE001
        print("ERROR", " ".join(str(error).split()), flush=True)
        break
    if token.token != last:
        last = token.token
        print(last, "in", round((token.expires_on - time.time()) / 10) * 10, flush=True)
    time.sleep(0.1)
