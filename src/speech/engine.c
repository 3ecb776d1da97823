/* engine.c: espeak-ng 1.51 made to speak into memory only. It lives on a thread of its own with
 * no open file but /dev/null, since it writes to stderr what it has to say of odd texts. Who
 * wants something said takes his turn and waits; no call's way leads through here. */
#include "speech/engine.h"

#include <espeak-ng/espeak_ng.h>
#include <espeak-ng/speak_lib.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* Something to be said. */
struct order {
    const char *voice, *text;
    unsigned flags; /* enum engine_flags */
    engine_h *take;
    void *arg;
    int err;
};

static struct {
    pthread_mutex_t turn; /* of those who order */
    struct order *order;  /* theirs between `begun` and `done`, with the rest */
    unsigned rate;        /* [Hz]; 0: not started */
    sem_t begun, done;
} engine = {.turn = PTHREAD_MUTEX_INITIALIZER};

/* The library asks for an audio device even when it is only to fill buffers, and asking means
 * connecting to a PulseAudio server. Ours is found before libpcaudio's and has none: the
 * library then goes on without, as on a machine that has no sound. */
struct audio_object;
struct audio_object *create_audio_device_object(const char *device, const char *application,
                                                const char *description);

struct audio_object *create_audio_device_object(const char *device, const char *application,
                                                const char *description)
{
    (void)device, (void)application, (void)description;
    return NULL;
}

/* Never breaks off, for then the library loses the change of voice that may be in its queue:
 * what comes behind an error is let go, at a millisecond or less for each second of it. */
static int collect(short *samples, int n, espeak_EVENT *events)
{
    struct order *order = engine.order;

    (void)events;
    if (samples && n > 0 && !order->err)
        order->err = order->take(samples, (size_t)n, order->arg);
    return 0;
}

static int errno_of(espeak_ng_STATUS status)
{
    if (status == ENS_OK)
        return 0;
    if ((status & ENS_GROUP_MASK) == ENS_GROUP_ERRNO)
        return (int)status;
    return status == ENS_VOICE_NOT_FOUND ? ENOENT : EIO;
}

/* From here on this thread shares no descriptor with the others. Where the kernel does not let
 * us, all is as before. */
static void be_quiet(void)
{
    int null;

    if (close_range(3, ~0U, CLOSE_RANGE_UNSHARE))
        return;
    null = open("/dev/null", O_RDWR);
    for (int fd = 0; null >= 0 && fd < 3; fd++)
        dup2(null, fd);
}

#ifdef __SANITIZE_THREAD__
/* The sanitizer takes descriptor 6 of this thread for descriptor 6 of all the others. */
const char *__tsan_default_suppressions(void);

const char *__tsan_default_suppressions(void)
{
    return "called_from_lib:libespeak-ng.so";
}
#endif

static int load(void)
{
    espeak_ng_ERROR_CONTEXT context = NULL;
    espeak_ng_STATUS status;
    int rate;

    espeak_ng_InitializePath(NULL);
    status = espeak_ng_Initialize(&context);
    espeak_ng_ClearErrorContext(&context);
    if (status == ENS_OK)
        status = espeak_ng_InitializeOutput(ENOUTPUT_MODE_SYNCHRONOUS, 0, NULL);
    if (status != ENS_OK)
        return errno_of(status);
    espeak_SetSynthCallback(collect);
    rate = espeak_ng_GetSampleRate();
    if (rate <= 0)
        return EIO;
    engine.rate = (unsigned)rate;
    return 0;
}

/* As if nothing had been said before: what SSML left open would go on in the next text. */
static void reset(void)
{
    static const espeak_PARAMETER parameters[] = {espeakRATE, espeakVOLUME, espeakPITCH,
                                                  espeakRANGE};

    for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++)
        espeak_ng_SetParameter(parameters[i], espeak_GetParameter(parameters[i], 0), 0);
}

static void say(struct order *order)
{
    unsigned flags = espeakCHARS_UTF8 | (order->flags & ENGINE_SSML ? espeakSSML : 0) |
                     (order->flags & ENGINE_GOES_ON ? espeakENDPAUSE : 0);
    int err = errno_of(espeak_ng_SetVoiceByName(order->voice));

    reset();
    if (!err)
        err = errno_of(espeak_ng_Synthesize(order->text, strlen(order->text) + 1, 0, POS_CHARACTER,
                                            0, flags, NULL, NULL));
    if (!order->err)
        order->err = err;
}

static void wait_for(sem_t *sem)
{
    while (sem_wait(sem))
        ; /* EINTR */
}

static void *serve(void *arg)
{
    int err;

    be_quiet();
    err = load();
    *(int *)arg = err; /* of start(), which goes on now */
    sem_post(&engine.done);
    if (err)
        return NULL;
    for (;;) {
        wait_for(&engine.begun);
        say(engine.order);
        sem_post(&engine.done);
    }
}

/* The thread takes no signal of ours, nor does one that the library starts and never uses. */
static int start(void)
{
    sigset_t all, before;
    pthread_t thread;
    int err, loading = 0;

    sem_init(&engine.begun, 0, 0);
    sem_init(&engine.done, 0, 0);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    err = pthread_create(&thread, NULL, serve, &loading);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (err)
        return err;
    wait_for(&engine.done);
    if (!loading)
        pthread_setname_np(thread, "espeak");
    pthread_detach(thread);
    return loading;
}

int engine_start(unsigned *rate)
{
    int err;

    pthread_mutex_lock(&engine.turn);
    err = engine.rate ? 0 : start();
    *rate = engine.rate;
    pthread_mutex_unlock(&engine.turn);
    return err;
}

int engine_say(const char *voice, const char *text, unsigned flags, engine_h *take, void *arg)
{
    struct order order = {voice, text, flags, take, arg, 0};

    pthread_mutex_lock(&engine.turn);
    engine.order = &order;
    sem_post(&engine.begun);
    wait_for(&engine.done);
    engine.order = NULL;
    pthread_mutex_unlock(&engine.turn);
    return order.err;
}
