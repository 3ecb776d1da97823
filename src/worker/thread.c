/* thread.c: the life of a media worker: it sleeps until the next sub-tick of an
 * absolute clock or until a report comes, and does what is due. Late by up to five
 * frames it catches up, which covers most pauses of a virtual machine: what came
 * meanwhile waits in the sockets, so nothing is left out. Beyond that it skips,
 * counts, and lets RTP time go on. */
#include "base/clock.h"
#include "worker/private.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum {
    REAL_TIME_PRIORITY = 10,
    OVERRUNS = 20,      /* sub-ticks in a row, 100 ms: no longer real time */
    FULL = 700,         /* [per mille] of our time: no longer real time */
    LESS = 600,         /* [per mille] of it: it may be again */
    WARM = 500,         /* [per mille] of it: encoders take less trouble, a step a second */
    COOL = 350,         /* [per mille] of it: and more again */
    CALM = 20,          /* [s] with less, and without overrun: real time again */
    BATCH = 64,         /* readable sockets a wake */
    REPORTS = 256,      /* RTCP packets a sub-tick; a flood waits for the next one */
    SECOND = 1000000000 /* [ns] */
};

/* The cores we may use; 0: not known. */
static unsigned allowed_cores(cpu_set_t *cores)
{
    return sched_getaffinity(getpid(), sizeof *cores, cores) ? 0 : (unsigned)CPU_COUNT(cores);
}

static int core_of(const cpu_set_t *cores, unsigned number)
{
    int core = 0;

    while (!CPU_ISSET(core, cores) || number--)
        core++;
    return core;
}

/* A core of its own, when there is just one for each worker and it has the right of way there:
 * its caches stay warm, and nobody has to be moved. Else wherever there is time. */
static void settle(struct worker *worker)
{
    cpu_set_t cores, own;
    unsigned count = allowed_cores(&cores);

    if (!worker->workers->conf.pin || count != worker->workers->count || count < 2)
        return;
    CPU_ZERO(&own);
    CPU_SET(core_of(&cores, worker->number), &own);
    pthread_setaffinity_np(pthread_self(), sizeof own, worker->real_time ? &own : &cores);
}

static void set_real_time(struct worker *worker, bool on)
{
    struct sched_param param = {.sched_priority = on ? REAL_TIME_PRIORITY : 0};
    int policy = on ? SCHED_FIFO : SCHED_OTHER;

    worker->real_time = !pthread_setschedparam(pthread_self(), policy, &param) && on;
    worker->calm = 0;
    settle(worker);
}

static void take_orders(struct worker *worker)
{
    struct order order;

    while (ring_pop(worker->orders, &order)) {
        if (order.room)
            order.port->phase = order.room->phase;
        tick_attach(worker, order.port);
        if (order.room)
            room_join(order.port, order.room);
    }
}

/* A worker that needs more time than there is must not starve the rest of the machine. Time that
 * others took from it is none that it needs, and sub-ticks that are caught up are several: else a
 * pause of the machine would cost a busy worker its right of way just when it is wanted. */
static void watch_overrun(struct worker *worker, int64_t used, uint64_t ticks)
{
    worker->overruns = used > SUBTICK * (int64_t)ticks ? worker->overruns + (unsigned)ticks : 0;
    if (worker->overruns)
        worker->calm = 0;
    if (worker->real_time && worker->overruns >= OVERRUNS)
        set_real_time(worker, false);
}

static void set_effort(struct worker *worker, uint32_t fill)
{
    if (fill > WARM && worker->effort > 0)
        worker->effort--;
    else if (fill < COOL && worker->effort < EFFORT)
        worker->effort++;
}

/* `busy` is all that the thread has used so far. */
static void watch_fill(struct worker *worker, int64_t now, int64_t busy)
{
    uint32_t fill;

    if (now - worker->second < SECOND)
        return;
    fill = (uint32_t)((busy - worker->busy) * 1000 / (now - worker->second));
    atomic_store_explicit(&worker->fill, fill, memory_order_relaxed);
    set_effort(worker, fill);
    worker->busy = busy;
    worker->second = now;
    if (worker->real_time && fill > FULL)
        set_real_time(worker, false);
    else if (!worker->real_time && fill < LESS && ++worker->calm >= CALM)
        set_real_time(worker, true);
}

/* Returns how many are to be run now. */
static uint64_t count_ticks(struct worker *worker, uint64_t due)
{
    if (due - worker->next >= CATCH_UP) {
        tick_count(&worker->skipped_ticks, due - worker->next - CATCH_UP + 1);
        worker->next = due - CATCH_UP + 1;
    }
    tick_count(&worker->late_ticks, due - worker->next);
    tick_count(&worker->ticks, due - worker->next + 1);
    return due - worker->next + 1;
}

static void run_tick(struct worker *worker)
{
    parts_finish(worker);
    take_orders(worker);
    tap_take(worker);
    worker->turned = false;
    tick_phase(worker, worker->next % PHASES, worker->next / PHASES);
    room_pay_owed(worker);
    tap_pay(worker);
    worker->next++;
}

static void work(struct worker *worker)
{
    int64_t start = clock_mono_ns(), before, busy;
    uint64_t due = (uint64_t)((start - worker->workers->epoch) / SUBTICK), ticks;

    if (due < worker->next)
        return;
    before = clock_thread_ns();
    ticks = count_ticks(worker, due);
    worker->now = clock_wall_ns();
    while (worker->next <= due)
        run_tick(worker);
    worker->reports = 0;
    event_flush(worker);
    busy = clock_thread_ns();
    watch_overrun(worker, busy - before, ticks);
    watch_fill(worker, start, busy);
}

static void wait_timer(const struct worker *worker)
{
    struct pollfd timer = {.fd = worker->timer, .events = POLLIN};

    poll(&timer, 1, -1);
}

/* Sleeps until there is something; true when a sub-tick may be due. */
static bool wait(struct worker *worker)
{
    struct epoll_event ready[BATCH];
    uint64_t times = 0;
    int count;

    if (worker->reports > REPORTS)
        wait_timer(worker);
    count = epoll_wait(worker->epoll, ready, BATCH, -1);
    worker->now = clock_wall_ns();
    for (int i = 0; i < count; i++) {
        struct port *port = straight_port(ready[i].data.ptr);

        if (port)
            straight_take(port);
        else if ((port = ready[i].data.ptr))
            worker->reports += stream_read_reports(port->stream);
        else if (read(worker->timer, &times, sizeof times) < 0)
            times = 0;
    }
    return times > 0 || count == BATCH; /* the timer may be behind all these */
}

static void *run(void *arg)
{
    struct worker *worker = arg;

    set_real_time(worker, true);
    worker->second = clock_mono_ns();
    worker->next = (uint64_t)((worker->second - worker->workers->epoch) / SUBTICK);
    while (!atomic_load_explicit(&worker->workers->stop, memory_order_acquire))
        if (wait(worker))
            work(worker);
    return NULL;
}

static int arm(struct worker *worker)
{
    int64_t first = worker->workers->epoch + SUBTICK;
    struct itimerspec at = {.it_interval = {0, SUBTICK},
                            .it_value = {first / SECOND, first % SECOND}};
    struct epoll_event in = {.events = EPOLLIN};

    worker->epoll = epoll_create1(EPOLL_CLOEXEC);
    worker->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (worker->epoll < 0 || worker->timer < 0 ||
        epoll_ctl(worker->epoll, EPOLL_CTL_ADD, worker->timer, &in) < 0 ||
        timerfd_settime(worker->timer, TFD_TIMER_ABSTIME, &at, NULL) < 0)
        return errno;
    return 0;
}

int thread_start(struct worker *worker)
{
    int err = arm(worker);

    if (!err)
        err = pthread_create(&worker->thread, NULL, run, worker);
    if (!err)
        pthread_setname_np(worker->thread, "media");
    return err;
}

void thread_join(struct worker *worker)
{
    pthread_join(worker->thread, NULL);
}

void thread_free(struct worker *worker)
{
    if (worker->epoll >= 0)
        close(worker->epoll);
    if (worker->timer >= 0)
        close(worker->timer);
}
