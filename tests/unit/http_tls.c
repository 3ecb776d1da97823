/* http_tls.c: both ends over TLS: what is served with a certificate is heard by who trusts
 * it; and we ask nobody whom the system does not trust, by HTTP or a WebSocket. */
#include "base/loop.h"
#include "base/mem.h"
#include "http/fetch.h"
#include "http/rest.h"
#include "ws/ws.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <curl/curl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

static char certificate_path[] = "/tmp/http_tls.cert.XXXXXX",
            key_path[] = "/tmp/http_tls.key.XXXXXX";
static struct loop *loop;
static struct rest *rest;

static void write_certificate(EVP_PKEY *key, FILE *out)
{
    X509 *certificate = X509_new();
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_EXTENSION *names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:localhost");

    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1,
                               0);
    X509_set_issuer_name(certificate, name);
    X509_add_ext(certificate, names, -1);
    X509_EXTENSION_free(names);
    X509_sign(certificate, key, EVP_sha256());
    PEM_write_X509(out, certificate);
    X509_free(certificate);
}

static void on_request(struct rest_request *request, void *arg)
{
    (void)arg;
    rest_reply(request, 200, "text/plain", rest_path(request), strlen(rest_path(request)), NULL);
}

static char *on_refuse(int status, const char *path, void *arg)
{
    (void)status, (void)path, (void)arg;
    return mem_strdup("{}");
}

static int start(void **state)
{
    EVP_PKEY *key = EVP_RSA_gen(2048);
    FILE *certificate = fdopen(mkstemp(certificate_path), "w");
    FILE *private = fdopen(mkstemp(key_path), "w");
    const struct rest_conf conf = {
        .host = "127.0.0.1", .certificate = certificate_path, .key = key_path, .body_limit = 4096};
    const struct rest_handlers handlers = {on_request, on_refuse, NULL};

    (void)state;
    write_certificate(key, certificate);
    PEM_write_PrivateKey(private, key, NULL, NULL, 0, NULL, NULL);
    fclose(certificate);
    fclose(private);
    EVP_PKEY_free(key);
    assert_int_equal(loop_alloc(&loop), 0);
    assert_int_equal(rest_start(&rest, &conf, &handlers), 0);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    rest_stop(rest);
    mem_unref(rest);
    mem_unref(loop);
    unlink(certificate_path);
    unlink(key_path);
    assert_int_equal(mem_alive(), 0);
    return 0;
}

struct outcome {
    bool came;
    int err, status;
    char text[128];
};

static void on_reply(const struct fetch_reply *reply, void *arg)
{
    struct outcome *outcome = arg;

    outcome->came = true;
    outcome->err = reply->err;
    outcome->status = reply->status;
    snprintf(outcome->text, sizeof outcome->text, "%s", reply->err ? reply->error : reply->body);
}

static struct outcome ask(const char *host)
{
    const struct fetch_conf conf = {.user_agent = "offhook"};
    struct outcome outcome = {.came = false};
    char url[64];
    struct fetch_request request = {.method = "GET",
                                    .url = url,
                                    .trusted = true,
                                    .connect_timeout = 10000,
                                    .timeout = 20000,
                                    .limit = 100};
    struct fetch *fetch;

    snprintf(url, sizeof url, "https://%s:%u/path", host, rest_port(rest));
    assert_int_equal(fetch_start(&fetch, &conf), 0);
    assert_int_equal(fetch_ask(fetch, &request, loop, on_reply, &outcome), 0);
    while (!outcome.came)
        loop_wait(loop, -1);
    fetch_stop(fetch);
    return outcome;
}

static void refuses_a_stranger(void **state)
{
    struct outcome outcome = ask("localhost");

    (void)state;
    assert_int_equal(outcome.err, EIO);
    assert_string_equal(outcome.text, "The TLS certificate is not trusted.");
}

static bool allowed(const struct sockaddr_storage *address, void *arg)
{
    (void)address, (void)arg;
    return true;
}

static void on_closed(const struct socket_end *end, void *arg)
{
    struct outcome *outcome = arg;

    outcome->came = true;
    outcome->err = end->kind;
    snprintf(outcome->text, sizeof outcome->text, "%s", end->text);
}

/* How a WebSocket to it ends. */
static struct outcome dial(const char *host, const char *ca)
{
    const struct sockets_conf conf = {.allowed = allowed, .ca = ca};
    static const struct socket_events events = {.closed = on_closed};
    struct outcome outcome = {.came = false};
    char url[64];
    struct socket_request request = {.url = url, .rate = 8000, .first = "{}", .timeout = 20000};
    struct sockets *sockets;
    struct socket_line *line;

    snprintf(url, sizeof url, "wss://%s:%u/path", host, rest_port(rest));
    assert_int_equal(sockets_start(&sockets, &conf, loop), 0);
    assert_int_equal(socket_dial(sockets, &request, &events, &outcome, &line), 0);
    while (!outcome.came)
        loop_wait(loop, -1);
    mem_unref(line);
    sockets_stop(sockets);
    loop_run(loop);
    return outcome;
}

static void a_websocket_goes_to_nobody_else(void **state)
{
    struct outcome stranger = dial("localhost", NULL), other = dial("127.0.0.1", certificate_path);
    struct outcome trusted = dial("localhost", certificate_path);

    (void)state;
    assert_int_equal(stranger.err, SOCKET_UNREACHED);
    assert_int_equal(other.err, SOCKET_UNREACHED); /* the certificate is not its */
    assert_int_equal(trusted.err, SOCKET_REFUSED); /* over TLS it says that it is no such server */
    assert_string_equal(trusted.text, "The server did not upgrade: 200.");
}

static size_t take(char *data, size_t one, size_t size, void *arg)
{
    snprintf(arg, 64, "%.*s", (int)size, data);
    return one * size;
}

static void serves_who_trusts_it(void **state)
{
    CURL *easy = curl_easy_init();
    char url[64], text[64] = "";

    (void)state;
    snprintf(url, sizeof url, "https://localhost:%u/path", rest_port(rest));
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_CAINFO, certificate_path);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, text);
    assert_int_equal(curl_easy_perform(easy), CURLE_OK);
    assert_string_equal(text, "/path");
    curl_easy_cleanup(easy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_a_stranger),
        cmocka_unit_test(a_websocket_goes_to_nobody_else),
        cmocka_unit_test(serves_who_trusts_it),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
