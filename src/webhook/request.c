/* request.c: what is put on the wire: the query of a GET, and the token of a signed
 * webhook (HS256, with the hash of the body's bytes). */
#include "webhook/inside.h"
#include "base/mem.h"
#include "json/text.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* name=value; a text as it is, anything else as JSON. */
static bool write_field(FILE *out, char mark, const char *name, const json_t *value)
{
    char *json = json_is_string(value) ? NULL : json_text(value);
    char *key = fetch_escape(name);
    const char *plain = json_is_string(value) ? json_string_value(value) : json;
    char *text = plain ? fetch_escape(plain) : NULL;
    bool good = key && text;

    if (good)
        fprintf(out, "%c%s=%s", mark, key, text);
    free(json);
    mem_unref(key);
    mem_unref(text);
    return good;
}

char *request_query_url(const char *url, const json_t *fields)
{
    size_t length = strcspn(url, "#"), size;
    char mark = memchr(url, '?', length) ? '&' : '?', *text = NULL, *copy;
    FILE *out = open_memstream(&text, &size);
    const char *name;
    bool good = true;
    json_t *value;

    if (!out)
        return NULL;
    fprintf(out, "%.*s", (int)length, url);
    json_object_foreach ((json_t *)fields, name, value) {
        good = good && write_field(out, mark, name, value);
        mark = '&';
    }
    good = fclose(out) == 0 && good;
    copy = good ? mem_strdup(text) : NULL;
    free(text);
    return copy;
}

static bool hash_of(char hex[65], const char *body)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;

    if (EVP_Digest(body, strlen(body), digest, &size, EVP_sha256(), NULL) != 1)
        return false;
    for (size_t i = 0; i < size; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    return true;
}

char *request_token(const struct jwt_key *key, const char *api_key, const char *application,
                    const char *body, int64_t now, const char *id)
{
    json_t *claims = json_object();
    char hash[65], *token = NULL;

    json_object_set_new(claims, "iat", json_integer(now));
    json_object_set_new(claims, "jti", json_string(id));
    json_object_set_new(claims, "iss", json_string("Vonage"));
    if (body && !hash_of(hash, body))
        goto out;
    if (body)
        json_object_set_new(claims, "payload_hash", json_string(hash));
    if (api_key && *api_key)
        json_object_set_new(claims, "api_key", json_string(api_key));
    if (application && *application)
        json_object_set_new(claims, "application_id", json_string(application));
    token = jwt_sign(key, claims);
out:
    json_decref(claims);
    return token;
}

char *request_shown_url(const char *url)
{
    size_t length = strcspn(url, "?#");
    const char *host = strstr(url, "://"), *at;

    host = host ? host + 3 : url;
    at = memchr(host, '@', strcspn(host, "/?#"));
    if (!at)
        return mem_printf("%.*s", (int)length, url);
    return mem_printf("%.*s%.*s", (int)(host - url), url, (int)(url + length - at - 1), at + 1);
}
