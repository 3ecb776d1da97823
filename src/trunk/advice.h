/* advice.h: what a refusal means, and which setting of the trunk to look at. */
#ifndef OFFHOOK_TRUNK_ADVICE_H
#define OFFHOOK_TRUNK_ADVICE_H

#include "conf/conf.h"

struct advice {
    const char *text;    /* what it means; sentences */
    const char *setting; /* keys of the trunk, or of sip; "": none */
};

/* Of a call or a registration: its final status (0: none came, and err tells why). */
enum advice_of { ADVICE_CALL, ADVICE_REGISTRATION, ADVICE_PING };
struct advice advice_on(const struct conf_trunk *conf, enum advice_of of, int status, int err);

#endif
