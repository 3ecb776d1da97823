/* demo_daemon.c: the demo's throwaway directory, keys and configuration, and the
 * daemon itself as a child that dies with us. */
#include "cli/demo.h"
#include "cli/file.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KEY_BITS = 2048, PATIENCE_STEP = 20, END_MS = 2500 };

static int say_error(struct demo *demo, int err, const char *what)
{
    demo_check(demo, false, "demo", "%s: %s", what, strerror(err));
    return err;
}

static int write_pem(const char *path, EVP_PKEY *key, bool is_private)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text;
    long size;
    int err = EIO;

    if (bio && (is_private ? PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL)
                           : PEM_write_bio_PUBKEY(bio, key))) {
        size = BIO_get_mem_data(bio, &text);
        if (size > 0 && BIO_write(bio, "", 1) == 1) {
            BIO_get_mem_data(bio, &text);
            err = file_write(path, text);
        }
    }
    BIO_free(bio);
    return err;
}

static int make_keys(struct demo *demo)
{
    char *public_path = mem_printf("%s/public.key", demo->directory);
    EVP_PKEY *key = EVP_RSA_gen(KEY_BITS);
    int err = ENOMEM;

    demo->key_path = mem_printf("%s/private.key", demo->directory);
    if (public_path && demo->key_path && key)
        err = write_pem(demo->key_path, key, true);
    if (!err)
        err = write_pem(public_path, key, false);
    EVP_PKEY_free(key);
    mem_unref(public_path);
    return err;
}

/* The directory this program lies in. */
static char *own_directory(void)
{
    char self[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    char *slash;

    self[size > 0 ? size : 0] = '\0';
    slash = strrchr(self, '/');
    if (slash)
        *slash = '\0';
    return mem_strdup(slash ? self : ".");
}

/* The first of the places, seen from our own directory, that is there; or otherwise. */
static char *find(const char *const *places, const char *otherwise)
{
    char *own = own_directory(), *found = NULL;

    for (; own && *places && !found; places++) {
        char *path = mem_printf("%s/%s", own, *places);

        if (path && access(path, X_OK) == 0)
            found = path;
        else
            mem_unref(path);
    }
    mem_unref(own);
    return found ? found : mem_strdup(otherwise);
}

/* Beside us (as built), in the sbin beside our bin (as installed), or on the PATH. */
static int find_program(struct demo *demo)
{
    static const char *const places[] = {"offhookd", "../sbin/offhookd", NULL};

    demo->program = find(places, "offhookd");
    return demo->program ? 0 : ENOMEM;
}

/* The bundled sounds: as installed, or in the tree we were built in. */
static char *find_sounds(void)
{
    static const char *const places[] = {"../share/offhook/sounds", "../sounds", "sounds", NULL};

    return find(places, OFFHOOK_SOUNDS);
}

static const char conf_text[] =
    "sip: { listen = [ \"udp:127.0.0.1:0\", \"tcp:127.0.0.1:0\" ]; drain_seconds = 1; };\n"
    "rtp: { address = \"127.0.0.1\"; };\n"
    "http: { listen = \"127.0.0.1:0\"; };\n"
    "store: { url = \"sqlite:%1$s/offhook.db\"; };\n"
    "media: { sounds = \"%2$s\"; recordings = \"%1$s\"; };\n"
    "webhook: { allow = [ \"127.0.0.0/8\" ]; };\n"
    "test: { echo = [ \"" DEMO_TESTS "0\" ]; tone = [ \"" DEMO_TESTS "1\" ];\n"
    "    milliwatt = [ \"" DEMO_TESTS "2\" ]; silence = [ \"" DEMO_TESTS "3\" ]; };\n"
    "applications = ( { id = \"%3$s\"; name = \"demo\"; public_key = \"%1$s/public.key\";\n"
    "    voice: { answer_url = \"http://127.0.0.1:%4$u/webhooks/answer\";\n"
    "             event_url = \"http://127.0.0.1:%4$u/webhooks/event\"; };\n"
    "    numbers = [ \"" DEMO_NUMBER "\", \"" DEMO_LOBBY "\" ]; } );\n"
    "trunks = ( { name = \"callee\"; proxy = \"sip:%5$s\"; prefixes = [ \"\" ];\n"
    "    allow = [ \"127.0.0.0/8\" ]; } );\n";

static int write_conf(struct demo *demo)
{
    char *path = mem_printf("%s/offhook.conf", demo->directory), *sounds = find_sounds();
    char *text = mem_printf(conf_text, demo->directory, sounds, demo->app, rest_port(demo->rest),
                            phone_address(demo->callee.phone));
    int err = path && text ? file_write(path, text) : ENOMEM;

    mem_unref(path);
    mem_unref(sounds);
    mem_unref(text);
    return err;
}

int demo_files(struct demo *demo)
{
    const char *base = getenv("TMPDIR");
    int err;

    demo->directory = mem_printf("%s/offhook-demo-XXXXXX", base && *base ? base : "/tmp");
    if (!demo->directory)
        return say_error(demo, ENOMEM, "temporary directory");
    if (!mkdtemp(demo->directory)) {
        err = errno;
        demo->directory = mem_unref(demo->directory);
        return say_error(demo, err, "temporary directory");
    }
    id_uuid(demo->app);
    err = make_keys(demo);
    if (!err)
        err = write_conf(demo);
    if (!err)
        err = find_program(demo);
    return err ? say_error(demo, err, demo->directory) : 0;
}

static void become_daemon(struct demo *demo, pid_t parent, const char *conf, const char *log)
{
    int null = open("/dev/null", O_RDONLY), out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setpgid(0, 0); /* a Ctrl-C is for us to pass on */
    if (getppid() != parent || null < 0 || out < 0)
        _exit(127);
    dup2(null, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    execlp(demo->program, "offhookd", "-c", conf, (char *)NULL);
    fprintf(stderr, "%s: %s\n", demo->program, strerror(errno));
    _exit(127);
}

/* Reads `ready sip=udp:A:P,tcp:A:P http=A:P` out of the log. */
static bool read_ready(struct demo *demo, const char *log)
{
    char *text = NULL, *at;
    bool found = false;

    if (file_read(&text, log))
        return false;
    at = strstr(text, "ready sip=");
    if (at && strchr(at, '\n'))
        found = sscanf(at, "ready sip=udp:%63[^, ]%*s http=%63s", demo->sip, demo->http) == 2;
    mem_unref(text);
    return found;
}

static void print_tail(const char *log)
{
    enum { TAIL = 2000 };
    char *text = NULL, *from;
    size_t size;

    if (file_read(&text, log))
        return;
    size = strlen(text);
    from = size > TAIL ? text + size - TAIL : text;
    fprintf(stderr, "\n%s", from);
    mem_unref(text);
}

static int await_ready(struct demo *demo, const char *log)
{
    int64_t until = clock_mono_ms() + DEMO_PATIENCE;

    while (!read_ready(demo, log)) {
        if (!demo_daemon_alive(demo)) {
            demo_check(demo, false, "daemon", "%s did not start", demo->program);
            return ECHILD;
        }
        if (demo_broken(demo))
            return EINTR;
        if (clock_mono_ms() > until) {
            demo_check(demo, false, "daemon", "was not ready within %d s", DEMO_PATIENCE / 1000);
            print_tail(log);
            return ETIMEDOUT;
        }
        ua_root_step(demo->root, PATIENCE_STEP);
    }
    return 0;
}

int demo_daemon_start(struct demo *demo)
{
    char *conf = mem_printf("%s/offhook.conf", demo->directory);
    char *log = mem_printf("%s/offhookd.log", demo->directory);
    int64_t began = clock_mono_ms();
    pid_t parent = getpid();
    int err = 0;

    fflush(NULL);
    demo->daemon = fork();
    if (demo->daemon == 0)
        become_daemon(demo, parent, conf, log);
    if (demo->daemon < 0) {
        err = errno;
        demo->daemon = 0;
        say_error(demo, err, "fork");
    } else {
        err = await_ready(demo, log);
    }
    if (!err)
        demo_say(demo, DEMO_PLAIN, "daemon", "offhookd is up after %d ms: SIP on %s, HTTP on %s",
                 (int)(clock_mono_ms() - began), demo->sip, demo->http);
    mem_unref(conf);
    mem_unref(log);
    return err;
}

bool demo_daemon_alive(struct demo *demo)
{
    if (demo->daemon > 0 && waitpid(demo->daemon, &demo->daemon_status, WNOHANG) == demo->daemon)
        demo->daemon = 0;
    return demo->daemon > 0;
}

/* SIGTERM drains, a second one ends at once, SIGKILL if even that does not help. */
bool demo_daemon_stop(struct demo *demo)
{
    static const int signals[] = {SIGTERM, SIGTERM, SIGKILL};
    char *log;

    for (size_t i = 0; i < sizeof signals / sizeof *signals && demo_daemon_alive(demo); i++) {
        int64_t until = clock_mono_ms() + END_MS;

        kill(demo->daemon, signals[i]);
        while (demo_daemon_alive(demo) && clock_mono_ms() < until)
            ua_root_step(demo->root, PATIENCE_STEP);
    }
    if (demo->daemon_status == 0)
        return true;
    log = mem_printf("%s/offhookd.log", demo->directory);
    if (log)
        print_tail(log);
    mem_unref(log);
    return false;
}

void demo_files_remove(struct demo *demo)
{
    if (demo->directory)
        file_remove_tree(demo->directory);
}
