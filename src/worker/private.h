/* private.h: workers, ports and rooms inside.
 *
 * A port belongs to one worker at a time. Control posts commands to the port, not
 * to the worker: whoever owns it takes them at its next tick, so they keep their
 * order while it moves from worker to worker. Whatever must be freed goes back to
 * control, as a spent command or an event: workers free nothing. */
#ifndef OFFHOOK_WORKER_PRIVATE_H
#define OFFHOOK_WORKER_PRIVATE_H

#include "audio/activity.h"
#include "audio/dtmf.h"
#include "base/list.h"
#include "base/loop.h"
#include "base/ring.h"
#include "detect/detect.h"
#include "mixer/link.h"
#include "mixer/mixer.h"
#include "net/ports.h"
#include "player/player.h"
#include "stream/once.h"
#include "stream/stream.h"
#include "worker/band.h"
#include "worker/beat.h"
#include "worker/coder.h"
#include "worker/parts.h"
#include "worker/worker.h"
#include "ws/wire.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
    WORKERS_MAGIC = 0x30a7e25,
    PORT_MAGIC = 0x90e1a77,
    ROOM_MAGIC = 0x700a3bb,
    FRAME = STREAM_FRAME,
    NARROW = 8000,        /* [Hz] of what listens, records, and of wires */
    PHASES = 4,           /* groups a frame is cut in */
    SUBTICK = 5000000,    /* [ns] between two of them */
    WIRED_MAX = 1024,     /* ports with a wire, at once */
    EFFORT = 5,           /* of an encoder, at first and at most */
    CATCH_UP = 5 * PHASES /* late sub-ticks that are run, 100 ms; more are skipped */
};

struct worker;
struct port;

enum command_kind {
    COMMAND_CONNECT,
    COMMAND_JOIN,
    COMMAND_LEAVE,
    COMMAND_MUTE,
    COMMAND_EARMUFF,
    COMMAND_AUDIBLE,
    COMMAND_PLAY,
    COMMAND_STOP,
    COMMAND_DIAL,
    COMMAND_WATCH,
    COMMAND_DETECT,
    COMMAND_INBAND,
    COMMAND_ECHO,
    COMMAND_RECORD,
    COMMAND_RECORD_STOP,
    COMMAND_STATS,
    COMMAND_CLOSE
};

/* Made and freed by control; in between it lies with its port, or its room. */
struct command {
    struct command *next;
    enum command_kind kind;
    bool on;
    void *held; /* a reference: room, sound, recording, detection, echo, asked_stats, or the speaker
                   of a rule */
    struct media_room *room; /* a reference: whose mix is meant; NULL: it is for a port */
    uint32_t play;           /* or the number of a detection */
    unsigned loops;
    double level;
    struct stream_params *params; /* of COMMAND_CONNECT: lies behind */
    char digits[];                /* of COMMAND_DIAL */
};

/* What a COMMAND_STATS holds: who asked how the sound is and, once a worker had it, how. */
struct asked_stats {
    media_stats_h *done;
    void *arg;
    struct stream_stats stats;
};

enum event_kind {
    EVENT_LATCHED,
    EVENT_DIGIT,
    EVENT_PLAYED,
    EVENT_DIALLED,
    EVENT_SILENT,
    EVENT_SPEAKING,
    EVENT_DETECTED,
    EVENT_PROBLEM,
    EVENT_STATS,   /* control answers and frees the command `held` */
    EVENT_RELEASE, /* control drops the reference `held` */
    EVENT_SPENT,   /* control frees the commands `held` */
    EVENT_CLOSED
};

struct event {
    enum event_kind kind;
    bool completed, on;
    char digit;
    uint8_t verdict, reason, type_count, types[STREAM_TYPES];
    uint32_t value; /* problem, play, duration, number of the detection */
    struct port *port;
    void *held;
    struct sockaddr_in6 from; /* large enough for both families */
};

/* Orders to a worker that are about a port it does not own yet. */
struct order {
    struct port *port;
    struct media_room *room; /* it joins; the port's reference. NULL: stays alone */
};

/* A conversation, or the part of one that is on a worker of its own: then `parent` is the
 * conversation, which is its part 0. */
struct media_room {
    unsigned magic;
    struct workers *workers; /* a reference */
    struct worker *worker;   /* where it lives, for good */
    unsigned phase;          /* the same in all parts: where it ticks as control has it */
    uint64_t number;         /* no other conversation has, had or gets it */
    unsigned part;
    /* control thread */
    struct media_room *parent;            /* a reference */
    struct media_room *parts[LINK_PARTS]; /* of a parent: borrowed; NULL: is not there */
    unsigned weight;                      /* of the ports that go to it */
    /* shared */
    _Atomic(struct mixer_link *) link; /* of the parts, our reference; NULL: there is one */
    /* media worker */
    struct mixer *mixer;
    struct list node; /* in the worker's rooms, while it has ports or is recorded */
    struct list ports;
    struct list owed_node; /* in the worker's owed */
    unsigned owed;         /* references control is to drop at the end of this sub-tick */
    bool changed;          /* who is in it, or their formats */
    unsigned rate;         /* [Hz] it shall have */
    bool linked;           /* the others know of this part */
    bool asks;             /* for the voices of the others */
    unsigned comers;       /* in all parts, when rules were last looked at */
    struct list guests;
    uint64_t waits_for;       /* the frame */
    struct list waiting_node; /* in the worker's waiting: summed, and the mix is to be given */
    struct list coders;       /* for its listeners */
    int16_t *before;          /* what all heard in the last tick; NULL: nobody asks */
    unsigned before_rate;     /* [Hz] */
    bool before_sound;        /* it was no silence */
    struct command *taps;     /* its recordings */
    struct band taped;        /* of its mix, for them */
    bool clocked;             /* while it is recorded: */
    uint64_t frame;           /* the last one that was */
    bool straight;            /* these two are not mixed, and nobody else is here: */
    struct port *pair[2];
    unsigned fit;     /* [frames] they need not be, so far */
    unsigned winding; /* [frames] until all are mixed again */
    unsigned count;   /* ports */
    int shift;        /* [sub-ticks] it ticks behind its phase (beat.h) */
    int looked;       /* [frames] since it was looked whether another one is better */
    uint64_t turn;    /* the last frame that was ticked */
};

struct port {
    unsigned magic;
    /* control thread */
    struct workers *workers; /* a reference */
    struct list all;         /* in workers.ports */
    uint32_t slot;           /* of its handle */
    struct media_events events;
    void *arg;
    struct ports *pool; /* that its sockets are of */
    struct ports_pair sockets;
    uint64_t number;         /* no other port has, had or gets it */
    unsigned weight;         /* of its codec */
    struct media_room *seat; /* the room, or part, it is to go to: a reference; NULL: none */
    struct worker *home;     /* where it will be when all commands were taken */
    unsigned home_phase;
    bool closing, takes_events, takes_tones;
    uint32_t plays;           /* ids given out */
    uint32_t detections;      /* numbers given out */
    uint32_t detection;       /* whose verdicts are told; 0: none's */
    struct command *farewell; /* the command to close, made at the start so it cannot fail */
    /* shared */
    _Atomic(struct command *) inbox;         /* newest first */
    _Atomic(struct command *) spent;         /* taken; control frees them */
    _Atomic(const struct media_room *) room; /* where it is now; the owner writes */
    atomic_bool apart;                       /* somebody may not hear it */
    _Atomic uint64_t conversation;           /* the number of `room`'s; 0: none; the owner writes */
    _Atomic uint64_t stay; /* grows with each coming and going; the owner writes */
    atomic_uint dialling;  /* digits that were given and are not sent */
    /* media worker */
    struct worker *worker;
    struct media_room *in; /* same as room; our reference */
    struct list node;      /* in the room's or the worker's list */
    unsigned phase;
    struct command *todo, *rules; /* taken, not done yet; pair rules whose speaker is not here */
    struct stream *stream;        /* NULL: it has a */
    struct wire *wire;            /* our reference */
    unsigned rate;                /* [Hz] of the peer's codec; 0: not connected */
    unsigned effort;              /* of its encoder, as the worker's */
    unsigned plain;               /* [frames] it has heard what all hear, counted to a limit */
    bool shares;                  /* it got what was encoded for all */
    struct mixer_member *member;
    bool mute, earmuff;
    bool playing, stopping;
    uint32_t play;
    struct player player;
    bool clocked;
    uint64_t frame;         /* the last one that was ticked */
    unsigned passed;        /* [frames] since the one before; 0: not this port's turn */
    bool listening;         /* the peer is expected to send */
    bool silent;            /* told */
    bool watched, speaking; /* whether it is told who speaks; what was */
    struct command *taps;   /* its recordings */
    struct port *across;    /* to whom all that comes goes straight; NULL: it is mixed */
    unsigned crossed;       /* packets since the last tick */
    unsigned overheard;     /* [samples] of what crossed, in `said`, until they are a frame */
    bool opaque;            /* what crosses cannot be listened to: its packets are too odd */
    bool winding;           /* what it says was heard straight for some frames to come */
    bool has_said;          /* this tick has sound in `said` */
    uint64_t said_at;       /* the frame it is of, in a room of another rate */
    struct activity activity;
    struct detect *detect; /* our reference; NULL: none goes on */
    uint32_t detect_number;
    int16_t said[FRAME]; /* for recordings */
    /* from the wire; what the peer says, for who listens to it and as others hear it; what it
     * hears; what plays to it */
    struct band wired, attended, voiced, heard, played;
    struct echo *echo;         /* our reference; NULL: it does not hear itself */
    bool inband;               /* keys are heard as tones */
    struct dtmf_detector dtmf; /* while they are */
    struct once once;          /* presses that were told */
    unsigned dials;            /* digits that waited in the stream at the last look */
    char tone;                 /* of ours, in the last frame; 0: none */
    unsigned measured;         /* [frames] since it was */
    struct workers_sound told; /* what its worker's sums have of it, but delays */
};

/* What a port that hears itself said in this tick. */
struct echo {
    unsigned rate; /* [Hz]; 0: nothing */
    int16_t frame[STREAM_FRAME_MAX];
};

/* workers_sound; any thread reads, the worker writes. */
struct sums {
    _Atomic uint64_t lost, late, strange, invalid, frames, concealed, recovered, comfort, adjusted;
    _Atomic uint64_t delay[STREAM_DELAYS], delay_sum; /* [us] */
};

struct worker {
    struct workers *workers; /* borrowed */
    unsigned number;
    pthread_t thread;
    int epoll, timer;
    struct ring *orders;
    _Atomic(struct command *) inbox; /* of its rooms, newest first */
    /* control thread */
    unsigned ports, rooms, weight, phase_load[PHASES];
    /* any thread reads, the worker writes */
    _Atomic uint64_t ticks, late_ticks, skipped_ticks, packets_in, packets_out, ring_full,
        late_parts;
    _Atomic uint32_t fill;  /* per mille of its time, last second */
    _Atomic uint64_t beats; /* times that a room changed its beat */
    atomic_uint straight;   /* ports that are not mixed now */
    struct sums sums;
    /* media worker */
    uint64_t next;        /* sub-tick */
    int64_t now;          /* wall time [ns] as of this sub-tick, or wake */
    bool told;            /* an event was pushed since the last wake of control */
    bool real_time;       /* runs as SCHED_FIFO */
    unsigned overruns;    /* sub-ticks in a row that needed more time than there is */
    unsigned calm;        /* [s] without one, while not real time */
    unsigned effort;      /* of encoders (codec.h), by fill */
    unsigned reports;     /* RTCP packets read since the last sub-tick */
    bool turned;          /* a room became straight, or mixed, in this sub-tick */
    int64_t busy, second; /* [ns] of CPU; when this second began */
    struct list alone[PHASES], rooms_in[PHASES];
    unsigned mixed[PHASES]; /* ports in those rooms */
    struct list waiting;    /* rooms whose mix waits for the other parts */
    struct list owed;       /* rooms that ports have left in this sub-tick */
    struct command *spent;  /* of recordings that ended in it */
    struct backlog *backlog, **backlog_end;
};

struct workers {
    unsigned magic;
    struct workers_conf conf;
    struct loop *control;
    uint64_t numbers;       /* of ports and of conversations; the last one given */
    struct ports *ports[2]; /* of conf.address, conf.other; NULL: there is none */
    struct timer sweep;
    struct list list; /* control: every port that has not ended */
    unsigned count, rooms, started;
    unsigned wired; /* ports that have a wire */
    int64_t epoch;  /* [ns, monotonic] of sub-tick 0 */
    struct ring *events;
    atomic_bool posted;    /* control was woken and has not looked yet: */
    struct loop_task wake; /* by this */
    atomic_bool stop;
    struct worker *worker; /* [count] */
};

/* handle.c (control): handles are numbers, so a stale one is harmless. */
int handle_give(struct port *port, struct media_port **handle);
struct port *handle_find(const struct media_port *handle); /* NULL: ended */
void handle_drop(struct port *port);

/* place.c (control): which worker and phase; `without`: one that has no part of it. */
struct worker *place_idlest(struct workers *workers, unsigned *phase);
struct worker *place_beside(const struct media_room *without); /* NULL: all have one */
bool place_busy(const struct worker *worker);                  /* takes no more ports */
void place_port(struct port *port, struct worker *worker, unsigned phase);
void place_weigh(struct port *port, const struct codec_format *format); /* NULL: none yet */

/* open.c (control): its sockets rest, its stream goes; the wire goes with the port */
void port_drop_carrier(struct port *port, struct workers *workers);

/* port.c (control): called for EVENT_CLOSED, and for what is left at the end. */
void port_ended(struct port *port);
void port_abandon(struct port *port); /* when the threads are gone */

/* event.c */
void event_push(struct worker *worker, const struct event *event); /* worker */
void event_flush(struct worker *worker);                           /* worker, once a sub-tick */
void event_drain(struct workers *workers);                         /* control */
void event_abandon(struct worker *worker); /* control, when the thread is gone */

/* command.c (control): a command of `extra` bytes more, NULL when out of memory; frees a
 * chain of them with what they hold, which ends its recordings. */
struct command *command_new(enum command_kind kind, size_t extra);
void command_free(struct command *command);
/* Control posts, whoever owns the inbox takes all, oldest first. */
void command_post(_Atomic(struct command *) *inbox, struct command *command);
struct command *command_collect(_Atomic(struct command *) *inbox);

/* command.c (worker): does what control has posted. False when that took the port
 * away: closed, or on its way to another worker. */
bool command_take(struct port *port);
void command_spend(struct port *port, struct command *command);

/* playing.c (worker) */
void playing_start(struct port *port, struct command *command);
void playing_stop(struct port *port); /* fades out first */
void playing_end(struct port *port, bool completed);
unsigned playing_rate(const struct port *port); /* [Hz] that suits it; NARROW: nothing plays */
bool playing_mix(struct port *port, unsigned rate, int16_t *frame); /* false: nothing plays */

/* speaking.c (worker) */
void speaking_watch(struct port *port, bool on);
void speaking_hear(struct port *port, const int16_t *frame); /* NULL: nothing came */

/* detecting.c (worker) */
void detecting_start(struct port *port, struct command *command); /* no `held`: ends it */
void detecting_hear(struct port *port, const int16_t *frame);     /* NULL: nothing came */

/* echo.c (worker) */
void echo_switch(struct port *port, struct command *command);           /* no `held`: off */
void echo_hear(struct port *port, unsigned rate, const int16_t *frame); /* NULL: nothing came */
bool echo_mix(struct port *port, unsigned rate, int16_t *frame);        /* false: nothing to add */

/* inband.c (worker): a press that ended `ago` [ms]; one told by another way is not again */
enum key_way { KEY_EVENT, KEY_TONES, KEY_OURS };
void inband_switch(struct port *port, bool on);
void inband_hear(struct port *port, const int16_t *frame); /* NULL: nothing came */
void inband_tell(struct port *port, enum key_way way, const struct dtmf_key *key, unsigned ago);

/* carry.c (worker): the stream's work (stream.h), or the wire's */
bool carry_flows(const struct port *port);
unsigned carry_read(struct port *port);
bool carry_get(struct port *port, unsigned rate, int16_t *frame);
/* Of port->passed frames; `narrow` is the same sound at NARROW, for a wire. */
bool carry_put(struct port *port, unsigned rate, const int16_t *frame, const int16_t *narrow);
unsigned carry_idle(const struct port *port);
void carry_bye(struct port *port);
void carry_stats(const struct port *port, struct stream_stats *stats);

/* measuring.c (worker): once a frame; what those in a room said in it has been sent, or a packet of
 * a port straight across; the port closes */
void measuring_tick(struct port *port);
void measuring_heard(struct media_room *room);
void measuring_crossed(struct port *port);
void measuring_end(struct port *port);
void measuring_answer(struct port *port, struct command *command);
void measuring_tell(struct port *port, const struct command *command); /* control */

/* dial.c (worker); tick: once a frame, when it was sent */
void dial_start(struct port *port, const char *digits);
void dial_tick(struct port *port);

/* tap.c (worker) */
void tap_add(struct command **taps, struct command *command);
void tap_end(struct worker *worker, struct command **taps);
/* A tick's sound of a port: what it hears (NULL: silence), at NARROW; what it and those in its
 * room say. */
void tap_port(struct port *port, const int16_t *heard);
void tap_room(struct media_room *room, uint64_t frame);
bool tap_asks(const struct media_room *room);                   /* for each voice on its own */
void tap_spend(struct worker *worker, struct command *command); /* at the end of the sub-tick */
void tap_take(struct worker *worker);                           /* orders to record rooms */
void tap_pay(struct worker *worker);                            /* at the end of a sub-tick */
void tap_abandon(struct worker *worker); /* control, when the thread is gone */

/* room.c (worker) */
void room_work(struct media_room *room); /* it has something to do */
void room_rest(struct media_room *room); /* unless it still has */
void room_join(struct port *port, struct media_room *room);
void room_begin(struct media_room *room); /* a tick: what comes of changes in it */
void room_leave(struct port *port);
void room_settle_rules(struct port *port); /* applies those whose speaker is here */
void room_pay_owed(struct worker *worker);

/* straight.c (worker): a room of two who need no mixer (stream_relay()).
 * keeps: true while the commands of the room's ports are to wait. run: the frame of a room that is
 * not mixed; false: mix it. watch: after it was. take: a packet came. */
bool straight_keeps(struct media_room *room);
bool straight_run(struct media_room *room, uint64_t frame);
void straight_watch(struct media_room *room);
void straight_take(struct port *port);
struct port *straight_port(void *mark); /* of an epoll event; NULL: that is none of its */

/* tick.c (worker) */
void tick_count(_Atomic uint64_t *counter, uint64_t more);
void tick_turn(struct port *port, uint64_t frame); /* its next frame of the clock */
void tick_watch_silence(struct port *port);
unsigned tick_rate(const struct port *port); /* [Hz] of what it says and hears */
void tick_attach(struct worker *worker, struct port *port);
void tick_detach(struct port *port);
void tick_give(struct media_room *room, uint64_t frame); /* the mix, to all in it */
void tick_phase(struct worker *worker, unsigned phase, uint64_t frame);

/* thread.c */
int thread_start(struct worker *worker);
void thread_join(struct worker *worker);
void thread_free(struct worker *worker);

#endif
