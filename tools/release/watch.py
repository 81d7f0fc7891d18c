"""Looks at a recorder for a while: it stays the same process, asks for nobody,
and every camera that it is to have is recorded."""

import time

from journal import Failed

# A camera may be taken up again within this.
CAMERA_SECONDS = 10
# So long it may leave requests without an answer.
ANSWER_SECONDS = 5
LOOK_SECONDS = 0.5


def settle(service, journal, expected, cameras, seconds):
    """Returns after `seconds` in which all was well; raises Failed as soon as not."""
    begun = time.monotonic()
    answered, missing_since = begun, {}
    known_alarms = set(expected.alarms)
    while True:
        now, found = time.monotonic(), service.running()
        if found:
            answered = now
            same_process(found, expected)
            not_alarmed(found, known_alarms)
            missing_since = {camera: missing_since.get(camera, now)
                             for camera in cameras - found.recorded()}
        elif now - answered > ANSWER_SECONDS:
            raise Failed(f"{expected.instance} does not answer any more")
        for camera, since in missing_since.items():
            if now - since > CAMERA_SECONDS or (found and not is_to_be_recorded(found, camera)):
                raise Failed(f"camera {camera} is not recorded: {why(found, camera)}")
        if now - begun >= seconds and found and not missing_since:
            return found
        journal.heed()
        time.sleep(LOOK_SECONDS)


def is_to_be_recorded(found, camera):
    return found.cameras.get(camera, {}).get("enabled", False)


def same_process(found, expected):
    if found.run != expected.run:
        raise Failed(f"{expected.instance} (process {expected.pid}) is gone; "
                     f"{found.instance} (process {found.pid}) answers")


def not_alarmed(found, known):
    for at, message in found.alarms:
        if (at, message) not in known:
            raise Failed(f"the recorder asks for a person: {message}")


def why(found, camera):
    state = found and found.cameras.get(camera)
    if not state:
        return "it is not among its cameras"
    return state["reason"] or state["state"]
