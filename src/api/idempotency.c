/* idempotency.c: keys that are being worked on (a hash under a lock), and the rows of
 * replies that were given. */
#include "json/text.h"
#include "api/private.h"
#include "base/clock.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct idempotency {
    pthread_mutex_t lock;
    struct idempotency_key *taken; /* lock: a hash by scope */
};

struct idempotency_key {
    struct UT_hash_handle hh;
    bool taken;              /* idempotency's lock */
    char *scope;             /* "APPLICATION KEY" */
    char *application, *key; /* the store's: of a client with its user */
    char fingerprint[IDEMPOTENCY_PRINT];
};

static void destroy(void *obj)
{
    struct idempotency *idempotency = obj;

    assert(!idempotency->taken);
    pthread_mutex_destroy(&idempotency->lock);
}

int idempotency_alloc(struct idempotency **idempotencyp)
{
    struct idempotency *idempotency = mem_alloc(sizeof *idempotency, destroy);

    if (!idempotency)
        return ENOMEM;
    pthread_mutex_init(&idempotency->lock, NULL);
    *idempotencyp = idempotency;
    return 0;
}

bool idempotency_key_valid(const char *key)
{
    size_t length = strlen(key);

    for (const char *c = key; *c; c++)
        if (*c < ' ' || *c > '~')
            return false;
    return length >= 1 && length <= IDEMPOTENCY_LENGTH;
}

bool idempotency_fingerprint(char out[IDEMPOTENCY_PRINT], const char *method, const char *path,
                             const void *body, size_t size)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char digest[EVP_MAX_MD_SIZE] = {0};
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    /* method and path hold no NUL, so that no two requests are the same bytes */
    bool made = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) &&
                EVP_DigestUpdate(context, method, strlen(method) + 1) &&
                EVP_DigestUpdate(context, path, strlen(path) + 1) &&
                EVP_DigestUpdate(context, body, size) && EVP_DigestFinal_ex(context, digest, NULL);

    EVP_MD_CTX_free(context);
    for (size_t i = 0; i < IDEMPOTENCY_PRINT / 2; i++) {
        out[2 * i] = hex[digest[i] >> 4];
        out[2 * i + 1] = hex[digest[i] & 15];
    }
    out[IDEMPOTENCY_PRINT - 1] = '\0';
    return made;
}

static void destroy_key(void *obj)
{
    struct idempotency_key *key = obj;

    assert(!key->taken);
    mem_unref(key->scope);
    mem_unref(key->application);
    mem_unref(key->key);
}

struct idempotency_key *idempotency_key_alloc(const char *application, const char *sub,
                                              const char *key, const char *fingerprint)
{
    struct idempotency_key *one = mem_alloc(sizeof *one, destroy_key);

    if (!one)
        return NULL;
    one->application = mem_strdup(application ? application : "");
    /* keys hold no line feed: nobody's is that of somebody else */
    one->key = sub ? mem_printf("%s\n%s", key, sub) : mem_strdup(key);
    one->scope = mem_printf("%s %s", one->application, one->key ? one->key : "");
    memcpy(one->fingerprint, fingerprint, sizeof one->fingerprint);
    return one->application && one->key && one->scope ? one : mem_unref(one);
}

int idempotency_take(struct idempotency *idempotency, struct idempotency_key *key)
{
    struct idempotency_key *other;
    int err = 0;

    pthread_mutex_lock(&idempotency->lock);
    HASH_FIND_STR(idempotency->taken, key->scope, other);
    if (other) {
        err = strcmp(other->fingerprint, key->fingerprint) ? EEXIST : EBUSY;
    } else {
        HASH_ADD_KEYPTR(hh, idempotency->taken, key->scope, strlen(key->scope), key);
        key->taken = key->hh.tbl != NULL;
        err = key->taken ? 0 : ENOMEM;
    }
    pthread_mutex_unlock(&idempotency->lock);
    return err;
}

void idempotency_release(struct idempotency *idempotency, struct idempotency_key *key)
{
    if (!key)
        return;
    pthread_mutex_lock(&idempotency->lock);
    if (key->taken)
        HASH_DELETE(hh, idempotency->taken, key);
    key->taken = false;
    pthread_mutex_unlock(&idempotency->lock);
}

/* Of a request. */

bool api_key_read(struct api_request *request)
{
    const char *key = rest_header(request->rest, "Idempotency-Key");
    char fingerprint[IDEMPOTENCY_PRINT];
    const char *body;
    size_t size;

    if (!key || !(request->route->flags & API_CREATES))
        return true;
    if (!idempotency_key_valid(key)) {
        api_fault(request, "Idempotency-Key", "must be 1 to %d printable characters",
                  IDEMPOTENCY_LENGTH);
        return !api_refuse_faults(request);
    }
    body = rest_body(request->rest, &size);
    if (idempotency_fingerprint(fingerprint, request->route->method, request->path, body, size))
        request->key = idempotency_key_alloc(request->application, request->sub, key, fingerprint);
    if (!request->key)
        api_refuse(request, API_INTERNAL, NULL);
    return request->key != NULL;
}

static bool is_fresh(const json_t *row)
{
    int64_t created = json_integer_value(json_object_get(row, "created"));

    return row && created > clock_wall_ms() - (int64_t)IDEMPOTENCY_HOURS * 3600 * 1000;
}

static void replay(struct api_request *request, const json_t *row)
{
    static const char *const headers[] = {"Idempotency-Replayed", "true", NULL};

    if (strcmp(api_row_text(row, "fingerprint"), request->key->fingerprint) != 0)
        api_refuse(request, API_KEY_REUSED, NULL);
    else
        api_answer_text(request, (int)json_integer_value(json_object_get(row, "status")),
                        "application/json", json_string_value(json_object_get(row, "body")),
                        headers);
}

static void on_row(int err, json_t *rows, int64_t count, void *arg)
{
    struct api_request *request = arg;
    const json_t *row = json_array_get(rows, 0);

    (void)count;
    if (err)
        api_refuse_errno(request, err, NULL);
    else if (is_fresh(row))
        replay(request, row);
    else if (api_still_open(request))
        api_run(request);
    json_decref(rows);
}

void api_key_run(struct api_request *request)
{
    struct store_reply_query query;
    int err;

    if (!request->key) {
        api_run(request);
        return;
    }
    err = idempotency_take(request->api->idempotency, request->key);
    if (err == ENOMEM) {
        api_refuse_errno(request, err, NULL);
        return;
    }
    if (err) {
        api_refuse(request, err == EBUSY ? API_CONFLICT : API_KEY_REUSED, NULL);
        return;
    }
    query = (struct store_reply_query){.application = request->key->application,
                                       .key = request->key->key};
    err = store_ask_reply(request->api->conf.store, &query, on_row, request);
    if (err)
        api_refuse_errno(request, err, NULL);
}

void api_key_keep(struct api_request *request)
{
    struct idempotency_key *key = request->key;
    struct store_reply row = {.status = request->status, .created = clock_wall_ms()};
    char *text;

    if (!key || request->status >= 400)
        return;
    text = request->reply ? json_text(request->reply) : NULL;
    row.application = key->application;
    row.key = key->key;
    row.fingerprint = key->fingerprint;
    row.body = text;
    /* refused: the store is full, and so will the fence be */
    (void)store_reply_put(request->api->conf.store, &row);
    free(text);
}
