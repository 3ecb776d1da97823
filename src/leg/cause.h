/* cause.h: why a leg ended, in every language it is told in. One table: SIP status,
 * call status, its detail, the reason of a leg object, the Q.850 cause, and what an
 * unanswered caller is told when the leg that was dialled for him ended this way. */
#ifndef OFFHOOK_LEG_CAUSE_H
#define OFFHOOK_LEG_CAUSE_H

#include <stdbool.h>

/* Call status (Voice API) and leg status (Conversation API): one vocabulary. */
enum leg_status {
    LEG_STARTED,
    LEG_RINGING,
    LEG_ANSWERED,
    LEG_MACHINE,
    LEG_HUMAN,
    LEG_COMPLETED,
    LEG_BUSY,
    LEG_CANCELLED,
    LEG_FAILED,
    LEG_REJECTED,
    LEG_TIMEOUT,
    LEG_UNANSWERED,
    LEG_DISCONNECTED
};

/* "started" …; and back: -1 for another word. */
const char *leg_status_text(enum leg_status status);
int leg_status_parse(const char *text);
bool leg_status_final(enum leg_status status);
/* May a leg go from one status to the other? (the table of states) */
bool leg_status_may(enum leg_status from, enum leg_status to);

struct leg_cause {
    int sip; /* status of the INVITE's final response */
    enum leg_status status;
    const char *detail; /* of the webhook; NULL: none */
    const char *reason; /* state.reason of a leg object */
    int q850;           /* ITU-T Q.850 */
    int relay;          /* SIP status for the unanswered caller */
    const char *phrase; /* reason phrase of `relay` */
};

/* The row for a SIP status; one that is not listed gets its class's row. */
const struct leg_cause *leg_cause_sip(int sip_status);
/* Rows that no response of the far side leads to. */
const struct leg_cause *leg_cause_timeout(void);      /* our ring timer */
const struct leg_cause *leg_cause_transport(void);    /* no answer could come */
const struct leg_cause *leg_cause_full(void);         /* no trunk takes one more call */
const struct leg_cause *leg_cause_disconnected(void); /* a WebSocket server went away */

#endif
