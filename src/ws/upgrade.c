/* upgrade.c: from the URL to the server's 101: curl finds, reaches and verifies the server and
 * gives us the connection; the upgrade is ours (RFC 6455 §4.1). */
#include "http/fetch_guard.h"
#include "ws/private.h"

#include <ctype.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { UNSENT = 4096 /* [bytes], about 100 ms of sound at 24 kHz */ };

/* The http URL of a ws one. NULL: it is none, or no memory. */
static char *http_url(const char *url)
{
    size_t length = strcspn(url, "#");

    if (strncasecmp(url, "ws://", 5) == 0)
        return mem_printf("http://%.*s", (int)length - 5, url + 5);
    if (strncasecmp(url, "wss://", 6) == 0)
        return mem_printf("https://%.*s", (int)length - 6, url + 6);
    return NULL;
}

/* A part of it as a text of ours; "": absent. */
static char *part(CURLU *url, CURLUPart which)
{
    char *text = NULL, *copy;

    if (curl_url_get(url, which, &text, 0) && which != CURLUPART_PORT && which != CURLUPART_QUERY)
        return NULL;
    copy = mem_strdup(text ? text : "");
    curl_free(text);
    return copy;
}

static int split(struct socket_line *line, CURLU *url)
{
    char *host = part(url, CURLUPART_HOST), *port = part(url, CURLUPART_PORT);
    char *path = part(url, CURLUPART_PATH), *query = part(url, CURLUPART_QUERY);
    int err = host && port && path && query ? 0 : EINVAL;

    if (!err) {
        line->host = mem_printf("%s%s%s", host, *port ? ":" : "", port);
        line->path = mem_printf("%s%s%s", path, *query ? "?" : "", query);
    }
    mem_unref(host);
    mem_unref(port);
    mem_unref(path);
    mem_unref(query);
    return err ? err : line->host && line->path ? 0 : ENOMEM;
}

int upgrade_prepare(struct socket_line *line, const char *url)
{
    CURLU *parsed = curl_url();
    int err = parsed ? 0 : ENOMEM;

    line->url = http_url(url);
    if (!err && (!line->url || curl_url_set(parsed, CURLUPART_URL, line->url, 0)))
        err = EINVAL;
    if (!err)
        err = split(line, parsed);
    curl_url_cleanup(parsed);
    return err;
}

static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct socket_line *line = arg;
    const struct sockets_conf *conf = &line->sockets->conf;
    struct sockaddr_storage address = {0};

    if (purpose != CURLSOCKTYPE_IPCXN || to->addrlen > sizeof address)
        return CURL_SOCKET_BAD;
    memcpy(&address, &to->addr, to->addrlen);
    if (fetch_guard_is_inner(&address)) {
        fetch_guard_unmap(&address);
        line->forbidden = !conf->allowed || !conf->allowed(&address, conf->arg);
        if (line->forbidden)
            return CURL_SOCKET_BAD;
    }
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static void set_rules(struct socket_line *line)
{
    CURL *easy = line->easy;

    curl_easy_setopt(easy, CURLOPT_PRIVATE, line);
    curl_easy_setopt(easy, CURLOPT_URL, line->url);
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    if (line->sockets->conf.ca)
        curl_easy_setopt(easy, CURLOPT_CAINFO, line->sockets->conf.ca);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)line->timeout);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, line);
}

static void too_late(void *arg)
{
    struct socket_line *line = arg;

    line_fail(line, SOCKET_TIMEOUT, 0,
              line->state == LINE_DIALLING ? "No connection in time."
                                           : "No reply to the upgrade in time.");
    line_over(line);
}

void upgrade_start(struct socket_line *line)
{
    struct sockets *sockets = line->sockets;

    line->easy = curl_easy_init();
    if (line->easy)
        set_rules(line);
    if (!line->easy || loop_start(sockets->loop, &line->timer, line->timeout, too_late, line) ||
        curl_multi_add_handle(sockets->multi, line->easy)) {
        line_fail(line, SOCKET_UNREACHED, 0, "Out of memory.");
        line_over(line);
        return;
    }
    line->dialled = true;
    sockets->dialling++;
}

/* The upgrade. */

static bool make_key(struct socket_line *line)
{
    unsigned char nonce[16];

    return RAND_bytes(nonce, sizeof nonce) == 1 &&
           EVP_EncodeBlock((unsigned char *)line->key, nonce, sizeof nonce) == SOCKET_KEY;
}

static char *write_request(const struct socket_line *line)
{
    const char *agent = line->sockets->conf.user_agent;

    return mem_printf("GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\n"
                      "Connection: Upgrade\r\nSec-WebSocket-Key: %s\r\n"
                      "Sec-WebSocket-Version: 13\r\nUser-Agent: %s\r\n%s%s%s\r\n",
                      line->path, line->host, line->key, agent ? agent : "offhook",
                      line->authorization ? "Authorization: " : "",
                      line->authorization ? line->authorization : "",
                      line->authorization ? "\r\n" : "");
}

/* It fits the empty buffer of a new connection, but TLS or a tiny buffer may take it in parts. */
static bool send_request(struct socket_line *line)
{
    char *request = make_key(line) ? write_request(line) : NULL;
    size_t size = request ? strlen(request) : 0;
    struct socket_message *message = request ? calloc(1, sizeof *message + size) : NULL;

    if (message) {
        message->size = size;
        memcpy(message->data, request, size);
        line->now = message;
    }
    mem_unref(request);
    return message != NULL;
}

static void upgrade(struct socket_line *line)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = line};
    curl_socket_t fd = CURL_SOCKET_BAD;
    int unsent = UNSENT;

    line->state = LINE_UPGRADING;
    curl_easy_getinfo(line->easy, CURLINFO_ACTIVESOCKET, &fd);
    line->fd = fd;
    /* what waits in the kernel cannot be dropped any more; without it, more waits there */
    (void)setsockopt(line->fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
    if (fd == CURL_SOCKET_BAD ||
        epoll_ctl(line->sockets->epoll, EPOLL_CTL_ADD, line->fd, &event) < 0 || !send_request(line))
        line_fail(line, SOCKET_UNREACHED, 0, "The connection cannot be used.");
    else
        send_run(line);
}

static void unreached(struct socket_line *line, CURLcode code)
{
    bool late = code == CURLE_OPERATION_TIMEDOUT;

    line_fail(line, late ? SOCKET_TIMEOUT : SOCKET_UNREACHED, 0,
              line->forbidden ? "The address is not allowed." : curl_easy_strerror(code));
}

void upgrade_reap(struct sockets *sockets)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(sockets->multi, &left))) {
        CURLcode code = message->data.result;
        struct socket_line *line = NULL;

        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &line);
        MAGIC_CHECK(line, LINE_MAGIC);
        line->dialled = false;
        sockets->dialling--;
        line->state = LINE_UPGRADING;
        if (code)
            unreached(line, code);
        else
            upgrade(line);
        if (line->state == LINE_OVER)
            line_over(line);
    }
}

/* The value of a header in the reply; its end is the next \r. NULL: absent, or there twice. */
static const char *header(const char *reply, const char *name)
{
    const char *found = NULL;
    size_t length = strlen(name);

    for (const char *row = strstr(reply, "\r\n"); row; row = strstr(row, "\r\n")) {
        row += 2;
        if (strncasecmp(row, name, length) != 0 || row[length] != ':')
            continue;
        if (found)
            return NULL;
        found = row + length + 1;
        found += strspn(found, " \t");
    }
    return found;
}

static size_t value_length(const char *value)
{
    size_t length = strcspn(value, "\r\n");

    while (length && (value[length - 1] == ' ' || value[length - 1] == '\t'))
        length--;
    return length;
}

static bool is_value(const char *value, const char *wanted)
{
    return value && value_length(value) == strlen(wanted) &&
           strncasecmp(value, wanted, strlen(wanted)) == 0;
}

/* One of a list of words. */
static bool has_word(const char *value, const char *wanted)
{
    while (value && *value && *value != '\r') {
        size_t length = strcspn(value, ", \t\r\n");

        if (length == strlen(wanted) && strncasecmp(value, wanted, length) == 0)
            return true;
        value += length;
        value += strspn(value, ", \t");
    }
    return false;
}

static bool is_accepted(const struct socket_line *line)
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    unsigned char digest[EVP_MAX_MD_SIZE], wanted[32];
    char text[SOCKET_KEY + sizeof guid];
    const char *value = header(line->reply, "Sec-WebSocket-Accept");
    unsigned size = 0;
    int length;

    snprintf(text, sizeof text, "%s%s", line->key, guid);
    if (!value || EVP_Digest(text, strlen(text), digest, &size, EVP_sha1(), NULL) != 1)
        return false;
    length = EVP_EncodeBlock(wanted, digest, (int)size);
    return value_length(value) == (size_t)length && !memcmp(value, wanted, (size_t)length);
}

/* What is wrong with it; NULL: nothing. */
static const char *fault_of(const struct socket_line *line)
{
    static char status[64]; /* our thread only */

    if (strncmp(line->reply, "HTTP/1.1 ", 9) != 0)
        return "The reply to the upgrade is not HTTP/1.1.";
    if (strncmp(line->reply + 9, "101", 3) != 0 || isdigit((unsigned char)line->reply[12])) {
        snprintf(status, sizeof status, "The server did not upgrade: %.*s.",
                 (int)strnlen(line->reply + 9, 3), line->reply + 9);
        return status;
    }
    if (!is_value(header(line->reply, "Upgrade"), "websocket") ||
        !has_word(header(line->reply, "Connection"), "upgrade"))
        return "The server upgraded to something else.";
    if (!is_accepted(line))
        return "Sec-WebSocket-Accept of the server is wrong.";
    if (header(line->reply, "Sec-WebSocket-Extensions") ||
        header(line->reply, "Sec-WebSocket-Protocol"))
        return "The server chose an extension or a protocol that was not offered.";
    return NULL;
}

static void judge(struct socket_line *line, char *end)
{
    size_t size = (size_t)(end + 4 - line->reply);
    const char *fault;

    end[2] = '\0'; /* the body, if any, is no header */
    fault = strlen(line->reply) == size - 2 ? fault_of(line) : "The reply has a NUL.";
    if (fault)
        line_fail(line, SOCKET_REFUSED, 0, fault);
    else
        line_up(line, line->reply + size, line->reply_size - size);
}

void upgrade_read(struct socket_line *line)
{
    size_t got = 0;
    char *end;
    CURLcode code;

    if (!line->reply)
        line->reply = calloc(1, SOCKET_REPLY + 1);
    if (!line->reply) {
        line_fail(line, SOCKET_REFUSED, 0, "Out of memory.");
        return;
    }
    while (line->state == LINE_UPGRADING) {
        size_t room = SOCKET_REPLY - line->reply_size;

        code = room ? curl_easy_recv(line->easy, line->reply + line->reply_size, room, &got)
                    : CURLE_OUT_OF_MEMORY;
        if (code == CURLE_AGAIN)
            return;
        if (code || !got) {
            line_fail(line, SOCKET_REFUSED, 0,
                      room ? "The server closed the connection before it upgraded."
                           : "The reply to the upgrade is too long.");
            return;
        }
        line->reply_size += got;
        end = memmem(line->reply, line->reply_size, "\r\n\r\n", 4);
        if (end)
            judge(line, end);
    }
}
