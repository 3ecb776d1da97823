/* worker.h: the media plane as the control thread sees it: workers, rooms, ports.
 *
 * A media worker is a thread that owns sockets, streams and mixers and wakes
 * every 5 ms. What is declared here is the control side: every call is made on
 * the control thread, costs one message to a worker and returns at once; every
 * callback arrives on the control thread's loop. A `media_port` is a handle, never
 * the port itself; a command to a port that has ended is silently dropped.
 *
 *   closed ──open──> idle ──connect──> flowing <──join/leave──> in a room
 *                     └───────────close────────┴──> closed (stats) */
#ifndef OFFHOOK_WORKER_WORKER_H
#define OFFHOOK_WORKER_WORKER_H

#include "base/loop.h"
#include "detect/detect.h"
#include "player/sound.h"
#include "record/record.h"
#include "stream/stream.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

struct workers;
struct media_room;
struct media_port;
struct wire;

struct workers_conf {
    struct sockaddr_storage address; /* where RTP is bound; the port is not used */
    struct sockaddr_storage other;   /* the same of the other family; ss_family 0: none */
    uint16_t port_low, port_high;    /* inclusive; RTP takes the even one, RTCP the odd one */
    unsigned workers;                /* threads; 0: one a core */
    unsigned silence_timeout;        /* [s] without a packet; 0: never */
    unsigned drain_time;             /* [ms] a port rests before it is used again; 0: 2000 */
    bool pin;                        /* each of them has a core of its own, as they are as many */
    bool straight;                   /* two alone in a room are not mixed when they need not be */
    /* What one worker mixes of a conversation, counted in ports with G.711 (one with Opus counts
     * 16); what is more goes to further workers. 0: 400 */
    unsigned part_limit;
};

struct media_events {
    /* The first packet of the peer was taken (again after each new address). */
    void (*latched)(const struct sockaddr_storage *from, void *arg);
    /* A key was pressed and released, once each: as a telephone-event (RFC 4733) or, while
     * media_port_inband() is on, as tones. When the packets of its end are lost it is told
     * with the next key, or 200 ms after its last packet; tones 30 ms after their end. */
    void (*digit)(char digit, unsigned duration_ms, void *arg);
    /* A playing ended: by itself (completed) or by stop, replacement or close. */
    void (*played)(uint32_t play, bool completed, void *arg);
    /* All digits of media_port_dial() were sent. */
    void (*dialled)(void *arg);
    /* Nothing came for silence_timeout. Told once until sound comes again. */
    void (*silent)(void *arg);
    /* Whether the peer speaks, while media_port_watch() is on: told when it changes, at first
     * from false. A muted one does not. Nothing is told when it is switched off or the port
     * closes meanwhile. */
    void (*speaking)(bool on, void *arg);
    /* Who answered, while media_port_detect() is on: each verdict once, in order, and why.
     * Nothing of a detection is told once it was stopped or replaced. */
    void (*detected)(enum detect_verdict verdict, enum detect_reason reason, void *arg);
    /* Something is wrong with the sound of the peer, and what; and that it is over. */
    void (*problem)(const struct stream_trouble *trouble, void *arg);
    /* The last callback of the port, after media_port_close(). */
    void (*closed)(const struct stream_stats *stats, void *arg);
};

/* Starts the threads. Released with workers_stop(), which ends every port: `closed`
 * is called for each before it returns. Run the loop once more after it, for what a
 * worker posted last. */
int workers_start(struct workers **workers, const struct workers_conf *conf, struct loop *control);
void workers_stop(struct workers *workers);

/* What came of all peers, once a second and when a port closes; a stream's own counters are
 * in stream_stats. */
struct workers_sound {
    uint64_t lost, late, strange, invalid; /* packets */
    uint64_t frames, concealed, recovered, comfort, adjusted;
    uint64_t delay[STREAM_DELAYS]; /* as stream_stats.delay */
    double delay_sum;              /* [s] */
};
void workers_sound(const struct workers *workers, struct workers_sound *sound);

/* Sums over all workers, for /metrics and admission. */
struct workers_load {
    unsigned workers, ports, rooms;
    unsigned straight; /* ports that are not mixed now */
    double fill;       /* busiest worker, share of its time, last second */
    uint64_t ticks, late_ticks, skipped_ticks;
    uint64_t packets_in, packets_out;
    uint64_t beats;      /* times that a room was moved in the frame to where its packets come */
    uint64_t late_parts; /* frames of a part of a conversation that another one did not wait for */
    uint64_t ring_full;  /* messages that found a full ring; 0 in a sound system */
};
void workers_load(const struct workers *workers, struct workers_load *load);
/* The same share of one worker, 0 to workers_load.workers - 1. */
double workers_fill(const struct workers *workers, unsigned number);

/* A port with a bound pair of sockets, receiving nothing until connected.
 * EAGAIN: no free port numbers; EBUSY: the workers are above 70 %. `closed` is
 * called exactly once for each success. Not freed by the caller. */
int media_port_open(struct workers *workers, const struct media_events *events, void *arg,
                    struct media_port **port);
/* The same at an address of that family: AF_INET or AF_INET6; AF_UNSPEC: at conf.address, as
 * above. EAFNOSUPPORT: there is none. */
int media_port_open_at(struct workers *workers, int family, const struct media_events *events,
                       void *arg, struct media_port **port);
/* The same with a wire (ws/wire.h) in the place of sockets: nothing is to be connected, sound
 * flows while the wire is open, and no keys come or go. Its statistics count frames as packets.
 * EAGAIN: 1,024 are open; EBUSY; ENOMEM. Takes a reference. */
int media_port_open_wire(struct workers *workers, const struct media_events *events, void *arg,
                         struct wire *wire, struct media_port **port);
uint16_t media_port_number(const struct media_port *port); /* of RTP; RTCP is one more */

/* Starts, or changes, the flow: again with each new answer (re-INVITE). A new
 * remote address unlocks the latch; the same one keeps it. EINVAL: no such format; ENOMEM:
 * all is as it was. */
int media_port_connect(struct media_port *port, const struct stream_params *params);

/* A room is the mixer of a conversation. What is too large for one worker is mixed by several,
 * which hear each other 5 ms later; a port stays where it is until it leaves. mem_unref() of the
 * handle ends it once its last port has left. */
int media_room_alloc(struct workers *workers, struct media_room **room);

/* Joins, leaving any other room; mute and earmuff of the port stay as they are. */
void media_port_join(struct media_port *port, struct media_room *room);
void media_port_leave(struct media_port *port);

void media_port_mute(struct media_port *port, bool on);
void media_port_earmuff(struct media_port *port, bool on);

/* Pair rule inside a room; forgotten when either leaves it. */
void media_port_audible(struct media_port *listener, struct media_port *speaker, bool on);

/* Listens for speech (audio/activity.h): `on` after 60 ms of it, off after 600 ms without.
 * At first it is off, and costs nothing. */
void media_port_watch(struct media_port *port, bool on);

/* Finds out who answered, a person or a machine (detect/detect.h), from the first tick at
 * which media flows; muted or not. Takes the place of a detection that goes on; NULL: ends
 * it. ENOTCONN: the port has ended; EINVAL: the conf; ENOMEM: nothing has changed. */
int media_port_detect(struct media_port *port, const struct detect_conf *conf);

/* Plays a sound to this port alone, on top of what it hears, in a room or not. One at a
 * time: a new one replaces the old. It runs from the next tick on, by the clock: into the
 * void until media_port_connect(), then to the agreed address, whether or not the peer has
 * sent anything yet. So who plays before that loses the beginning, and is told `played`
 * all the same. Returns the id that `played` will carry. */
uint32_t media_port_play(struct media_port *port, struct sound *sound, unsigned loops,
                         double level);
void media_port_stop(struct media_port *port);

/* Records what the peer says (where others could hear it: not while muted) and what it
 * hears, sounds that are played to it and all. A recording of three channels or more holds
 * voices instead: the peer's is the first, and each port that it is in a room with has the
 * next free one from then on, whoever hears whom; sounds that are played to ports are in none.
 * In a room or not, from the next tick on, and also while nothing flows, which is silence; it
 * stays with the port when that moves. Any number at once, but a recording is of one port or
 * one room. It ends with the port. Takes a reference. ENOTCONN (the port has ended), ENOMEM:
 * the recording is as before, the caller ends it. */
int media_port_record(struct media_port *port, struct recording *recording);

/* The same of a room: the mix of all who are not muted, or, of a split recording, the voice
 * of each port in the order they come. Goes on while nobody is in it; ends with the room, when
 * the last handle was released and the last port has left. Sounds played to single ports are
 * not in it. ENOMEM. */
int media_room_record(struct media_room *room, struct recording *recording);

/* End all recordings of the port, the room. (recording_end() ends one, from 0 to 20 ms
 * earlier.) */
void media_port_record_stop(struct media_port *port);
void media_room_record_stop(struct media_room *room);

/* Sends digits 0-9 A-D * # as telephone-events or, when the peer takes none and
 * media_port_inband() is on, as tones; each `p` is a pause of 500 ms. Queued behind those
 * still going out. EINVAL: other characters; ENOTSUP: neither way is open; ENOSPC: more
 * than 1,024 would wait. */
int media_port_dial(struct media_port *port, const char *digits);

/* Keys as tones in the sound (ITU-T Q.23), both ways: those of the peer are told by `digit`,
 * a press that comes as a telephone-event, too, only once; and ours are sent so to a peer
 * that takes no telephone-event. At first off. */
void media_port_inband(struct media_port *port, bool on);

/* The peer hears itself, on top of what it hears anyhow; its keys do not come back. At first off.
 * ENOTCONN: the port has ended; ENOMEM. */
int media_port_echo(struct media_port *port, bool on);

/* How the sound of the peer is now; `done` is called once, on the control thread, unless the
 * port ends before. ENOTCONN: it has; ENOMEM. */
typedef void media_stats_h(const struct stream_stats *stats, void *arg);
int media_port_stats(struct media_port *port, media_stats_h *done, void *arg);

/* Ends the port; its numbers rest before they are used again, so an old peer's
 * packets never reach a new call. The handle is invalid at once. */
void media_port_close(struct media_port *port);

#endif
