/* fetch_job.c: one request: how curl is set up for it, what is taken of the reply,
 * and how its end is told. The address is checked twice: when a socket is made, and
 * again before the request is sent, since a kept connection makes no socket. */
#include "http/fetch_job.h"
#include "base/mem.h"
#include "http/fetch_guard.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum {
    HEADERS_MAX = 64 << 10, /* [bytes] of a reply */
    REPLY_ROOM = 1024
};

static void destroy(void *obj)
{
    struct fetch_job *job = obj;

    curl_easy_cleanup(job->easy);
    curl_slist_free_all(job->headers);
    mem_unref(job->body);
    fetch_file_close(&job->file);
    mem_unref(job->content_type);
    mem_unref(job->cache_control);
    free(job->reply);
    job->magic = 0;
}

/* The guard. */

static bool may_reach(struct fetch_job *job, struct sockaddr_storage *address)
{
    if (job->trusted || !fetch_guard_is_inner(address))
        return true;
    fetch_guard_unmap(address);
    return job->conf->allowed && job->conf->allowed(address, job->conf->arg);
}

static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct fetch_job *job = arg;
    struct sockaddr_storage address = {0};

    if (purpose != CURLSOCKTYPE_IPCXN || to->addrlen > sizeof address)
        return CURL_SOCKET_BAD;
    memcpy(&address, &to->addr, to->addrlen);
    if (!may_reach(job, &address)) {
        job->forbidden = true;
        return CURL_SOCKET_BAD;
    }
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static int before_request(void *arg, char *peer, char *local, int peer_port, int local_port)
{
    struct fetch_job *job = arg;
    struct sockaddr_storage address;

    (void)local, (void)peer_port, (void)local_port;
    job->forbidden = false; /* another address of the host would do */
    if (job->trusted || (fetch_guard_parse(peer, &address) && may_reach(job, &address)))
        return CURL_PREREQFUNC_OK;
    job->forbidden = true;
    return CURL_PREREQFUNC_ABORT;
}

/* The reply. */

static char *header_value(const char *line, size_t length, const char *name)
{
    size_t n = strlen(name);
    char *value;

    if (length <= n || strncasecmp(line, name, n) != 0 || line[n] != ':')
        return NULL;
    line += n + 1;
    length -= n + 1;
    while (length && isspace((unsigned char)*line))
        line++, length--;
    while (length && isspace((unsigned char)line[length - 1]))
        length--;
    value = mem_alloc(length + 1, NULL);
    if (value)
        memcpy(value, line, length);
    return value;
}

static size_t take_header(char *line, size_t one, size_t length, void *arg)
{
    struct fetch_job *job = arg;
    char *value;

    (void)one;
    job->header_size += length;
    if (job->header_size > HEADERS_MAX) {
        job->too_large = true;
        return 0;
    }
    value = header_value(line, length, "Content-Type");
    if (value) {
        mem_unref(job->content_type);
        job->content_type = value;
    }
    value = header_value(line, length, "Cache-Control");
    if (value) {
        mem_unref(job->cache_control);
        job->cache_control = value;
    }
    return length;
}

struct piece {
    void (*run)(const char *data, size_t size, void *arg);
    void *arg;
    size_t size;
    char data[];
};

static void give_piece(void *arg)
{
    struct piece *piece = arg;

    piece->run(piece->data, piece->size, piece->arg);
    free(piece);
}

static size_t pass_on(struct fetch_job *job, const char *data, size_t length)
{
    struct piece *piece = malloc(sizeof *piece + length);

    if (!piece)
        return 0;
    piece->run = job->piece;
    piece->arg = job->arg;
    piece->size = length;
    memcpy(piece->data, data, length);
    if (!loop_post(job->loop, give_piece, piece))
        return length;
    free(piece);
    return 0;
}

static bool goes_by_piece(struct fetch_job *job)
{
    long status = 0;

    return job->piece &&
           curl_easy_getinfo(job->easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK &&
           status == 200;
}

static size_t take_body(char *data, size_t one, size_t length, void *arg)
{
    struct fetch_job *job = arg;

    (void)one;
    if (goes_by_piece(job))
        return pass_on(job, data, length);
    if (length > job->limit || job->size > job->limit - length) {
        job->too_large = true;
        return 0;
    }
    if (job->size + length + 1 > job->room) {
        size_t room = job->room ? job->room : REPLY_ROOM;
        char *reply;

        while (room < job->size + length + 1)
            room *= 2;
        reply = realloc(job->reply, room);
        if (!reply)
            return 0;
        job->reply = reply;
        job->room = room;
    }
    memcpy(job->reply + job->size, data, length);
    job->size += length;
    job->reply[job->size] = '\0';
    return length;
}

/* The request. */

static bool is_token(const char *text)
{
    if (!text || !*text)
        return false;
    for (; *text; text++)
        if (!isalnum((unsigned char)*text) && !strchr("!#$%&'*+-.^_`|~", *text))
            return false;
    return true;
}

static bool is_field_value(const char *text)
{
    if (!text)
        return false;
    for (; *text; text++)
        if ((unsigned char)*text < ' ' ? *text != '\t' : *text == 127)
            return false;
    return true;
}

static int add_header(struct fetch_job *job, const char *name, const char *value)
{
    char *line;
    struct curl_slist *more;

    if (!is_token(name) || !is_field_value(value))
        return EINVAL;
    /* curl takes "Name;" for a header without a value */
    line = *value ? mem_printf("%s: %s", name, value) : mem_printf("%s;", name);
    more = line ? curl_slist_append(job->headers, line) : NULL;
    mem_unref(line);
    if (!more)
        return ENOMEM;
    job->headers = more;
    return 0;
}

static int set_headers(struct fetch_job *job, const struct fetch_request *request)
{
    const char *const *pair = request->headers;
    struct curl_slist *more = curl_slist_append(NULL, "Expect:"); /* no 100-continue */
    int err = more ? 0 : ENOMEM;

    job->headers = more;
    if (!err && request->content_type)
        err = add_header(job, "Content-Type", request->content_type);
    for (; !err && pair && pair[0]; pair += 2)
        err = add_header(job, pair[0], pair[1]);
    if (!err)
        curl_easy_setopt(job->easy, CURLOPT_HTTPHEADER, job->headers);
    return err;
}

static int set_method(struct fetch_job *job, const struct fetch_request *request)
{
    if (!is_token(request->method))
        return EINVAL;
    if (request->size) {
        job->body = mem_alloc(request->size, NULL);
        if (!job->body)
            return ENOMEM;
        memcpy(job->body, request->body, request->size);
    }
    if (request->file) {
        job->file.path = mem_strdup(request->file);
        if (!job->file.path)
            return ENOMEM;
        curl_easy_setopt(job->easy, CURLOPT_POST, 1L);
    } else if (job->body || !strcmp(request->method, "POST")) {
        curl_easy_setopt(job->easy, CURLOPT_POST, 1L);
        curl_easy_setopt(job->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->size);
        curl_easy_setopt(job->easy, CURLOPT_POSTFIELDS, job->body ? job->body : "");
    } else if (!strcmp(request->method, "HEAD")) {
        curl_easy_setopt(job->easy, CURLOPT_NOBODY, 1L);
    }
    if (strcmp(request->method, "HEAD") != 0)
        curl_easy_setopt(job->easy, CURLOPT_CUSTOMREQUEST, request->method);
    return 0;
}

static int set_url(struct fetch_job *job, const char *url)
{
    CURLcode code;

    if (!fetch_is_url(url))
        return EINVAL;
    code = curl_easy_setopt(job->easy, CURLOPT_URL, url);
    return code == CURLE_OUT_OF_MEMORY ? ENOMEM : code ? EINVAL : 0;
}

static void set_rules(struct fetch_job *job, const struct fetch_request *request)
{
    CURL *easy = job->easy;

    curl_easy_setopt(easy, CURLOPT_PRIVATE, job);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* never waits for a slow name server */
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* nor one of the environment */
    curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, job->conf->user_agent);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)request->connect_timeout);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)request->timeout);
    if (job->piece && !request->timeout) {
        curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
        curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, 60L);
    }
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, job);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, before_request);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, job);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, job);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, job);
}

int fetch_job_alloc(struct fetch_job **jobp, const struct fetch_conf *conf,
                    const struct fetch_request *request)
{
    struct fetch_job *job = mem_alloc(sizeof *job, destroy);
    int err;

    if (!job)
        return ENOMEM;
    job->magic = FETCH_JOB_MAGIC;
    job->conf = conf;
    job->trusted = request->trusted;
    job->limit = request->limit;
    job->piece = request->piece;
    job->easy = curl_easy_init();
    if (!job->easy) {
        mem_unref(job);
        return ENOMEM;
    }
    set_rules(job, request);
    err = set_url(job, request->url);
    if (!err)
        err = set_method(job, request);
    if (!err)
        err = set_headers(job, request);
    if (err == ENOMEM) {
        mem_unref(job);
        return err;
    }
    job->err = err;
    if (err)
        job->sentence = fetch_is_url(request->url) ? "Not a request that can be sent."
                                                   : "Not an http or https URL.";
    *jobp = job;
    return 0;
}

void fetch_job_prepare(struct fetch_job *job)
{
    if (!job->err && job->file.path && fetch_file_open(&job->file, job->easy)) {
        job->err = EBADF;
        job->sentence = "The file to send cannot be read.";
    }
}

/* The end. */

static const struct {
    CURLcode code;
    int err;
    const char *sentence;
} endings[] = {
    {CURLE_OK, 0, ""},
    {CURLE_COULDNT_RESOLVE_HOST, EHOSTUNREACH, "The host has no address."},
    {CURLE_COULDNT_CONNECT, ECONNREFUSED, "Connection refused."},
    {CURLE_OPERATION_TIMEDOUT, ETIMEDOUT, "No reply in time."},
    {CURLE_GOT_NOTHING, EIO, "Connection closed."},
    {CURLE_RECV_ERROR, EIO, "Connection closed."},
    {CURLE_SEND_ERROR, EIO, "Connection closed."},
    {CURLE_PARTIAL_FILE, EIO, "Connection closed before the end of the reply."},
    {CURLE_WEIRD_SERVER_REPLY, EIO, "Not an HTTP reply."},
    {CURLE_UNSUPPORTED_PROTOCOL, EIO, "Not an HTTP reply."},
    {CURLE_HTTP2, EIO, "Not an HTTP reply."},
    {CURLE_BAD_CONTENT_ENCODING, EIO, "Not an HTTP reply."},
    {CURLE_URL_MALFORMAT, EINVAL, "Not an http or https URL."},
    {CURLE_PEER_FAILED_VERIFICATION, EIO, "The TLS certificate is not trusted."},
    {CURLE_SSL_CONNECT_ERROR, EIO, "No TLS connection could be made."},
    {CURLE_SSL_CACERT_BADFILE, EIO, "No TLS certificates to trust were found."},
    {CURLE_OUT_OF_MEMORY, EIO, "Out of memory."},
};

static void end(struct fetch_job *job, int err, const char *sentence)
{
    job->err = err;
    job->sentence = sentence;
}

/* "Connection refused." is one of several reasons not to connect. */
static void refine_connect(struct fetch_job *job)
{
    long reason = 0;

    curl_easy_getinfo(job->easy, CURLINFO_OS_ERRNO, &reason);
    if (reason == EHOSTUNREACH || reason == ENETUNREACH || reason == EADDRNOTAVAIL)
        end(job, EHOSTUNREACH, "The host cannot be reached.");
    else if (reason == ETIMEDOUT)
        end(job, ETIMEDOUT, "No connection in time.");
}

static void refine_timeout(struct fetch_job *job)
{
    curl_off_t connected = 0;

    curl_easy_getinfo(job->easy, CURLINFO_PRETRANSFER_TIME_T, &connected);
    if (!connected)
        job->sentence = "No connection in time.";
}

void fetch_job_finish(struct fetch_job *job, CURLcode result)
{
    end(job, EIO, "The request failed.");
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (endings[i].code == result)
            end(job, endings[i].err, endings[i].sentence);
    if (!result)
        curl_easy_getinfo(job->easy, CURLINFO_RESPONSE_CODE, &job->status);
    else if (job->forbidden)
        end(job, EACCES, "The address is not allowed.");
    else if (job->file.bad)
        end(job, EBADF, "The file to send cannot be read.");
    else if (job->too_large)
        end(job, EMSGSIZE, "The reply is too large.");
    else if (result == CURLE_COULDNT_CONNECT)
        refine_connect(job);
    else if (result == CURLE_OPERATION_TIMEDOUT)
        refine_timeout(job);
}

static void deliver(void *arg)
{
    struct fetch_job *job = arg;
    bool ok = !job->err;
    struct fetch_reply reply = {
        .err = job->err,
        .error = job->sentence ? job->sentence : "",
        .status = (int)job->status,
        .content_type = ok && job->content_type ? job->content_type : "",
        .cache_control = ok && job->cache_control ? job->cache_control : "",
        .body = ok && job->reply ? job->reply : "",
        .size = ok ? job->size : 0,
    };

    MAGIC_CHECK(job, FETCH_JOB_MAGIC);
    job->done(&reply, job->arg);
    mem_unref(job);
}

void fetch_job_post(struct fetch_job *job)
{
    curl_easy_cleanup(job->easy);
    job->easy = NULL;
    fetch_file_close(&job->file);
    while (loop_post(job->loop, deliver, job))
        usleep(1000); /* out of memory: the promise to call back holds */
}
