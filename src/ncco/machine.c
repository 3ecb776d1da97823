/* machine.c: who answers a call that was dialled, a person or a machine: found out from the
 * sound (detect/detect.h), told as `human` or `machine`; and the machine is hung up on, if that
 * was asked for: `completed` follows then. With detect_beep, `machine` is told once more with a
 * sub_state: its beep is over, or did not come in time. */
#include "ncco/private.h"
#include "base/log.h"

#include <string.h>

const struct option machine_options[] = {
    {"behavior", OPTION_ENUM, false, "continue", .values = "continue|hangup",
     .help = "what to do with a machine"},
    {"mode", OPTION_ENUM, false, "default", .values = "default|detect|detect_beep",
     .help = "detect_beep: waits for the beep, too"},
    {"beep_timeout", OPTION_INTEGER, false, "45", 45, 120, .help = "how long [s]"},
    {0},
};

struct call_detection call_detection_of(const char *behavior, const json_t *advanced)
{
    struct call_detection detection = {.on = behavior || advanced};

    if (advanced) {
        behavior = option_text(machine_options, advanced, "behavior");
        if (strcmp(option_text(machine_options, advanced, "mode"), "detect_beep") == 0)
            detection.conf.mode = DETECT_BEEP;
        detection.conf.beep_timeout_s =
            (unsigned)option_number(machine_options, advanced, "beep_timeout");
    }
    detection.hangs_up = behavior && strcmp(behavior, "hangup") == 0;
    return detection;
}

void machine_start(struct call *call)
{
    int err = call->detection.on ? leg_detect(call->leg, &call->detection.conf) : 0;

    if (err)
        log_warning("ncco", "nobody finds out who answered id=%s: %s", leg_id(call->leg),
                    strerror(err));
}

void machine_detected(struct call *call, enum detect_verdict verdict)
{
    if (!call->detection.on || leg_ending(call->leg))
        return;
    if (verdict == DETECT_HUMAN)
        notice_detected(call, LEG_HUMAN, NULL);
    else
        notice_detected(call, LEG_MACHINE,
                        verdict == DETECT_MACHINE ? NULL : detect_verdict_text(verdict));
    if (verdict != DETECT_HUMAN && call->detection.hangs_up)
        leg_hangup(call->leg, NULL);
}
