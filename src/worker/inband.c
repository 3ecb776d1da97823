/* inband.c: keys of the peer that come as tones in the sound; and that a press which comes
 * as a telephone-event, too, is told once. */
#include "worker/private.h"

enum { FRAME_MS = 20 };

void inband_switch(struct port *port, bool on)
{
    if (port->inband == on)
        return;
    port->inband = on;
    if (port->stream)
        stream_tones(port->stream, on);
    dtmf_start(&port->dtmf);
}

void inband_tell(struct port *port, enum key_way way, const struct dtmf_key *key, unsigned ago)
{
    int64_t to = (int64_t)port->frame * FRAME_MS - ago;
    struct event event = {
        .kind = EVENT_DIGIT, .port = port, .digit = key->digit, .value = key->duration_ms};

    if (once_take(&port->once, way, key->digit, to - key->duration_ms, to))
        event_push(port->worker, &event);
}

void inband_hear(struct port *port, const int16_t *frame)
{
    struct dtmf_key key;

    if (dtmf_run(&port->dtmf, frame, FRAME, &key))
        inband_tell(port, KEY_TONES, &key, DTMF_RELEASE);
}
