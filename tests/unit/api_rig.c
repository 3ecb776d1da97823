/* api_rig.c: the door, its keys, and a client over sockets. */
#include "api_rig.h"
#include "base/clock.h"
#include "webhook/webhook.h"
#include "worker/worker.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

struct rig rig;

/* What /metrics asks of the rooms of paper. */

void webhook_counts(const struct webhook *webhook, struct webhook_counts *counts)
{
    (void)webhook;
    *counts = (struct webhook_counts){.emitted = 9, .delivered = 7, .waiting = 2};
}

/* Nothing waits here, and nothing is dead. */
int webhook_replay(struct webhook *webhook, const char *application, int64_t seq,
                   webhook_done_h *done, void *arg)
{
    (void)webhook, (void)application, (void)seq, (void)done, (void)arg;
    return ENOENT;
}

unsigned webhook_give_up(struct webhook *webhook, const char *application, const char *lane,
                         const char *url, bool *more)
{
    (void)webhook, (void)application, (void)lane, (void)url;
    *more = false;
    return 0;
}

void workers_load(const struct workers *workers, struct workers_load *load)
{
    (void)workers;
    *load = (struct workers_load){.workers = 2, .ports = 4, .fill = 0.25, .packets_in = 12345};
}

void workers_sound(const struct workers *workers, struct workers_sound *sound)
{
    (void)workers;
    *sound = (struct workers_sound){
        .lost = 17, .concealed = 23, .delay = {[3] = 5, [STREAM_DELAYS - 1] = 2}, .delay_sum = 0.5};
}

double workers_fill(const struct workers *workers, unsigned number)
{
    (void)workers;
    return 0.25 * number;
}

unsigned ua_dialogs(const struct ua *ua)
{
    (void)ua;
    return 3;
}

/* Keys and tokens. */

static char *pem_of(EVP_PKEY *rsa, bool is_private)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *data, *text;
    long size;

    if (is_private)
        PEM_write_bio_PrivateKey(bio, rsa, NULL, NULL, 0, NULL, NULL);
    else
        PEM_write_bio_PUBKEY(bio, rsa);
    size = BIO_get_mem_data(bio, &data);
    text = mem_alloc((size_t)size + 1, NULL);
    memcpy(text, data, (size_t)size);
    BIO_free(bio);
    return text;
}

static void make_key(char **public_pem, struct jwt_key **private_key)
{
    EVP_PKEY *rsa = EVP_RSA_gen(2048);
    char *text = pem_of(rsa, true);

    *public_pem = pem_of(rsa, false);
    assert_int_equal(jwt_key_private(private_key, text), 0);
    mem_unref(text);
    EVP_PKEY_free(rsa);
}

int rig_keys(void **state)
{
    (void)state;
    make_key(&rig.pem, &rig.key);
    make_key(&rig.other_pem, &rig.other_key);
    return 0;
}

int rig_no_keys(void **state)
{
    (void)state;
    mem_unref(rig.pem);
    mem_unref(rig.other_pem);
    mem_unref(rig.key);
    mem_unref(rig.other_key);
    assert_int_equal(mem_alive(), 0);
    return 0;
}

char *token_of(const struct jwt_key *key, const char *application, const char *more)
{
    char *text = mem_printf("{\"application_id\":\"%s\",\"iat\":%lld,\"jti\":\"j\"%s}", application,
                            (long long)(clock_wall_ms() / 1000), more);
    json_t *claims = json_loads(text, 0, NULL);
    char *token;

    assert_non_null(claims);
    token = jwt_sign(key, claims);
    json_decref(claims);
    mem_unref(text);
    return token;
}

/* The door. */

static void open_door(struct house *house)
{
    struct api_conf conf = {.conf = &rig.conf,
                            .control = paper.loop,
                            .bridge = house->bridge,
                            .calls = house->calls,
                            .store = house->store};

    assert_int_equal(api_start(&rig.api, &conf), 0);
}

int rig_up(void **state)
{
    struct house *house;
    char *token;

    if (set_up(state))
        return -1;
    house = *state;
    rig.conf = house->conf;
    rig.applications[0] = house->application;
    rig.applications[0].public_key = rig.pem;
    rig.applications[1] = (struct conf_application){.id = OTHER,
                                                    .name = "other",
                                                    .public_key = rig.other_pem,
                                                    .voice = house->application.voice};
    rig.conf.applications = rig.applications;
    rig.conf.application_count = 2;
    rig.conf.http.listen = (struct conf_listen){"tcp", "127.0.0.1", 0};
    rig.conf.http.public_url = "https://h.example";
    rig.conf.http.api_key = "";
    rig.conf.http.api_secret = "";
    assert_int_equal(bridge_configure(house->bridge, &rig.conf), 0);
    open_door(house);
    token = token_of(rig.key, APP, "");
    rig.bearer = mem_printf("Bearer %s", token);
    mem_unref(token);
    return 0;
}

int rig_down(void **state)
{
    if (rig.api)
        api_stop(rig.api);
    rig.api = NULL;
    rig.bearer = mem_unref(rig.bearer);
    clear(&rig.reply);
    loop_run(paper.loop);
    return tear_down(state);
}

/* The client. */

void clear(struct asking *asking)
{
    if (asking->fd > 0)
        close(asking->fd);
    json_decref(asking->json);
    asking->fd = asking->status = 0;
    asking->size = 0;
    asking->text[0] = '\0';
    asking->over = false;
    asking->body = NULL;
    asking->json = NULL;
}

static int connect_door(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)api_port(rig.api))};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

void send_ask(struct asking *asking, const struct ask *ask)
{
    const char *type = ask->type ? ask->type : ask->body ? "application/json" : NULL;
    size_t length = ask->body ? strlen(ask->body) : 0, sent = 0, size;
    char *text;

    clear(asking);
    asking->fd = connect_door();
    text = mem_printf("%s %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: "
                      "%zu\r\n%s%s%s%s%s%s%s\r\n%s",
                      ask->method, ask->path, length, type ? "Content-Type: " : "",
                      type ? type : "", type ? "\r\n" : "", ask->token ? "Authorization: " : "",
                      ask->token ? ask->token : "", ask->token ? "\r\n" : "",
                      ask->headers ? ask->headers : "", ask->body ? ask->body : "");
    size = strlen(text);
    while (sent < size) {
        ssize_t n = send(asking->fd, text + sent, size - sent, MSG_NOSIGNAL);

        if (n <= 0) /* refused in the middle: the reply is there to be read */
            break;
        sent += (size_t)n;
    }
    mem_unref(text);
    fcntl(asking->fd, F_SETFL, O_NONBLOCK);
}

static void take(struct asking *asking)
{
    ssize_t n =
        recv(asking->fd, asking->text + asking->size, sizeof asking->text - 1 - asking->size, 0);

    if (n > 0)
        asking->size += (size_t)n;
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        asking->over = true;
    asking->text[asking->size] = '\0';
}

static void step(struct asking *asking, bool alone)
{
    struct pollfd fds[2] = {{asking->fd, POLLIN, 0}, {alone ? -1 : loop_fd(paper.loop), POLLIN, 0}};

    if (poll(fds, 2, 30000) == 0)
        fail_msg("nothing comes; until now: %s", asking->text);
    if (fds[1].revents)
        loop_run(paper.loop);
    if (fds[0].revents)
        take(asking);
}

static void read_reply(struct asking *asking)
{
    const char *end = strstr(asking->text, "\r\n\r\n");

    if (!end || sscanf(asking->text, "HTTP/1.1 %d", &asking->status) != 1)
        fail_msg("no reply: %s", asking->text);
    asking->body = end + 4;
    asking->json = json_loads(asking->body, 0, NULL);
}

void wait_reply(struct asking *asking)
{
    while (!asking->over)
        step(asking, false);
    read_reply(asking);
}

void wait_reply_alone(struct asking *asking)
{
    while (!asking->over)
        step(asking, true);
    read_reply(asking);
}

void wait_text(struct asking *asking, const char *text)
{
    while (!strstr(asking->text, text)) {
        if (asking->over)
            fail_msg("no %s in %s", text, asking->text);
        step(asking, false);
    }
}

int ask_all(const struct ask *ask)
{
    send_ask(&rig.reply, ask);
    wait_reply(&rig.reply);
    return rig.reply.status;
}

int ask_with(const char *method, const char *path, const char *body, const char *headers)
{
    struct ask all = {method, path, body, rig.bearer, NULL, headers};

    return ask_all(&all);
}

int ask(const char *method, const char *path, const char *body)
{
    return ask_with(method, path, body, NULL);
}

int ask_as(const char *token, const char *method, const char *path)
{
    struct ask all = {method, path, NULL, token, NULL, NULL};

    return ask_all(&all);
}

const char *text_at(const char *name)
{
    const char *text = json_string_value(json_object_get(rig.reply.json, name));

    return text ? text : "(none)";
}

bool has_header(const struct asking *asking, const char *line)
{
    const char *found = strcasestr(asking->text, line);

    return found && found < asking->body && found[-1] == '\n' && found[strlen(line)] == '\r';
}

void assert_fault(const char *name, const char *reason)
{
    json_t *list = json_object_get(rig.reply.json, "invalid_parameters"), *fault;
    size_t i;

    json_array_foreach (list, i, fault) {
        const char *its = json_string_value(json_object_get(fault, "reason"));

        if (!strcmp(json_string_value(json_object_get(fault, "name")), name) && strstr(its, reason))
            return;
    }
    fail_msg("no fault %s \"%s\" in %s", name, reason, rig.reply.text);
}
