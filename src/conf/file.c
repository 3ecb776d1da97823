/* file.c: values that are a text or the name of a file that holds it: a public key
 * and a static NCCO. A relative name is looked up beside the configuration file. */
#include "conf/row.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MOST = 1 << 20 };

static const char *skip_space(const char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    return text;
}

static int slurp(const char *path, char **text)
{
    FILE *file = fopen(path, "re");
    size_t length;
    int err = 0;

    *text = NULL;
    if (!file)
        return errno;
    *text = malloc(FILE_MOST + 1);
    if (!*text) {
        err = ENOMEM;
        goto out;
    }
    length = fread(*text, 1, FILE_MOST + 1, file);
    if (ferror(file))
        err = errno ? errno : EIO;
    else if (length > FILE_MOST)
        err = EFBIG;
    else
        (*text)[length] = '\0';
out:
    fclose(file);
    if (err) {
        free(*text);
        *text = NULL;
    }
    return err;
}

/* The text itself, or what the file holds. Malloced; NULL after it was told. */
static char *text_or_file(struct reader *reader, const struct row *row,
                          const config_setting_t *setting, const char *start)
{
    const char *value = config_setting_get_string(setting);
    const char *slash = strrchr(reader->path, '/');
    char path[PATH_MAX], *text = NULL;
    int err;

    if (!value) {
        reader_tell(reader, setting, "%s must be a text in quotes", row->path);
        return NULL;
    }
    if (!*value || strncmp(skip_space(value), start, strlen(start)) == 0) {
        text = strdup(value);
        if (!text)
            reader->err = ENOMEM;
        return text;
    }
    snprintf(path, sizeof path, "%.*s%s",
             *value == '/' || !slash ? 0 : (int)(slash - reader->path + 1), reader->path, value);
    err = slurp(path, &text);
    if (err)
        reader_tell(reader, setting, "%s: cannot read %.200s: %s", row->path, path, strerror(err));
    return text;
}

static void read_pem(struct reader *reader, const struct row *row, const config_setting_t *setting,
                     void *field)
{
    char *text = text_or_file(reader, row, setting, "-----BEGIN");

    if (!text)
        return;
    if (strstr(text, "PRIVATE KEY-----"))
        reader_tell(reader, setting, "%s is a private key; the public one is wanted", row->path);
    else if (*text && !strstr(text, "-----BEGIN PUBLIC KEY-----") &&
             !strstr(text, "-----BEGIN RSA PUBLIC KEY-----") &&
             !strstr(text, "-----BEGIN CERTIFICATE-----"))
        reader_tell(reader, setting, "%s is no public key in PEM form", row->path);
    *(const char **)field = reader_keep_text(reader, text, strlen(text));
    explicit_bzero(text, strlen(text));
    free(text);
}

static void read_ncco(struct reader *reader, const struct row *row, const config_setting_t *setting,
                      void *field)
{
    char *text = text_or_file(reader, row, setting, "[");
    json_error_t error;
    json_t *ncco;

    if (!text)
        return;
    ncco = *text ? json_loads(text, JSON_REJECT_DUPLICATES, &error) : NULL;
    if (*text && !ncco)
        reader_tell(reader, setting, "%s is not JSON: %s at %d:%d", row->path, error.text,
                    error.line, error.column);
    else if (*text && !json_is_array(ncco))
        reader_tell(reader, setting, "%s is no JSON array of actions", row->path);
    json_decref(ncco);
    *(const char **)field = reader_keep_text(reader, text, strlen(text));
    free(text);
}

const struct row_type type_pem = {"PEM or file", read_pem};
const struct row_type type_ncco = {"JSON or file", read_ncco};
