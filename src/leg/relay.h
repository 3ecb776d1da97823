/* relay.h: keys in the body of an INFO: application/dtmf-relay ("Signal=5", "Duration=160")
 * and application/dtmf ("5"), as trunks and phones write them. */
#ifndef OFFHOOK_LEG_RELAY_H
#define OFFHOOK_LEG_RELAY_H

#define RELAY_TYPE "application/dtmf-relay"
#define RELAY_TYPES RELAY_TYPE ", application/dtmf"

enum {
    RELAY_USUAL = 160,     /* [ms] of a key that does not say */
    RELAY_LONGEST = 60000, /* [ms] that one can be held */
    RELAY_TEXT = 48        /* [bytes] of a written body */
};

/* Reads a body of one of the types: a key as itself or as its number (10 is *, 11 #, 12 to
 * 15 A to D), in any case and spacing. digit 0: a hook flash, which is no key. EINVAL:
 * neither is in it. */
int relay_read(const char *body, char *digit, unsigned *duration_ms);

/* Writes one of RELAY_TYPE. */
void relay_write(char body[RELAY_TEXT], char digit, unsigned duration_ms);

#endif
