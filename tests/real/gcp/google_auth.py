"""Prints each access token that google-auth gets by default, for so many seconds, and the project first."""

import sys
import time

import google.auth
import google.auth.transport.requests

scopes = ["https://www.googleapis.com/auth/cloud-platform"]
credentials, project = google.auth.default(scopes=scopes)
print(project, flush=True)
request = google.auth.transport.requests.Request()
end = time.monotonic() + float(sys.argv[1])
last = None
while time.monotonic() < end:
    headers = {}
    try:
        credentials.before_request(request, "GET", "https://storage.googleapis.com/", headers)
    except Exception as error:  # noqa: BLE001
        print("ERROR", error, flush=True)
        break
    if headers["authorization"] != last:
        last = headers["authorization"]
        print(last, flush=True)
    time.sleep(0.1)
