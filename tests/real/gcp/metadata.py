"""Prints what google-auth finds at the metadata server: its presence, project, account, and each token for so many seconds."""

import sys
import time

import google.auth.transport.requests
from google.auth import compute_engine
from google.auth.compute_engine import _metadata

request = google.auth.transport.requests.Request()
print(_metadata.is_on_gce(request), flush=True)
print(_metadata.get_project_id(request), flush=True)
end = time.monotonic() + float(sys.argv[1])
credentials = compute_engine.Credentials()
credentials.refresh(request)
print(credentials.service_account_email, flush=True)
last = None
while time.monotonic() < end:
    # A program that starts anew asks anew.
    credentials = compute_engine.Credentials()
    credentials.refresh(request)
    if credentials.token != last:
        last = credentials.token
        print(last, flush=True)
    time.sleep(0.2)
