/* engine.c: espeak-ng 1.51 made to speak into memory only. The lock guards the library and
 * `engine`; it is taken at the start and by the threads that speak, never on a call's way. */
#include "speech/engine.h"

#include <espeak-ng/espeak_ng.h>
#include <espeak-ng/speak_lib.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

static struct {
    pthread_mutex_t lock;
    unsigned rate; /* [Hz]; 0: not started */
    engine_h *take;
    void *arg;
    int err;
} engine = {.lock = PTHREAD_MUTEX_INITIALIZER};

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
    (void)events;
    if (samples && n > 0 && !engine.err)
        engine.err = engine.take(samples, (size_t)n, engine.arg);
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

/* The library starts a thread that we do not use. It inherits what is blocked here, so that
 * it takes no signal of ours. */
static espeak_ng_STATUS load(void)
{
    espeak_ng_ERROR_CONTEXT context = NULL;
    espeak_ng_STATUS status;
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    espeak_ng_InitializePath(NULL);
    status = espeak_ng_Initialize(&context);
    espeak_ng_ClearErrorContext(&context);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return status;
}

static int start(void)
{
    espeak_ng_STATUS status = load();
    int rate;

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

int engine_start(unsigned *rate)
{
    int err;

    pthread_mutex_lock(&engine.lock);
    err = engine.rate ? 0 : start();
    *rate = engine.rate;
    pthread_mutex_unlock(&engine.lock);
    return err;
}

static int say(const char *voice, const char *text, bool ssml)
{
    unsigned flags = espeakCHARS_UTF8 | (ssml ? espeakSSML : 0);
    int err = errno_of(espeak_ng_SetVoiceByName(voice));

    if (err)
        return err;
    err = errno_of(
        espeak_ng_Synthesize(text, strlen(text) + 1, 0, POS_CHARACTER, 0, flags, NULL, NULL));
    return engine.err ? engine.err : err;
}

int engine_say(const char *voice, const char *text, bool ssml, engine_h *take, void *arg)
{
    int err;

    pthread_mutex_lock(&engine.lock);
    engine.take = take;
    engine.arg = arg;
    engine.err = 0;
    err = engine.rate ? say(voice, text, ssml) : EIO;
    engine.take = NULL;
    pthread_mutex_unlock(&engine.lock);
    return err;
}
