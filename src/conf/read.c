/* read.c: reading the file: each known key goes to its place, each other is told. */
#include "conf/row.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void destroy(void *obj)
{
    struct conf_whole *whole = obj;

    for (size_t i = 0; i < whole->kept_count; i++)
        free(whole->kept[i]);
    free(whole->kept);
}

void *reader_keep(struct reader *reader, size_t size)
{
    struct conf_whole *whole = reader->whole;
    void *block = calloc(1, size ? size : 1);

    if (block && whole->kept_count == whole->kept_room) {
        size_t room = whole->kept_room ? 2 * whole->kept_room : 64;
        void **kept = realloc(whole->kept, room * sizeof *kept);

        if (!kept) {
            free(block);
            block = NULL;
        } else {
            whole->kept = kept;
            whole->kept_room = room;
        }
    }
    if (block)
        whole->kept[whole->kept_count++] = block;
    else
        reader->err = ENOMEM;
    return block;
}

const char *reader_keep_text(struct reader *reader, const char *text, size_t length)
{
    char *copy = reader_keep(reader, length + 1);

    return copy ? memcpy(copy, text, length) : "";
}

void reader_tell(struct reader *reader, const config_setting_t *setting, const char *format, ...)
{
    const char *file = setting ? config_setting_source_file(setting) : NULL;
    char line[CONF_ERROR];
    int head, length;
    va_list ap;

    if (!reader->err)
        reader->err = EINVAL;
    if (!file)
        file = reader->path;
    head = setting ? snprintf(line, sizeof line, "%.200s:%u: ", file,
                              config_setting_source_line(setting))
                   : snprintf(line, sizeof line, "%.200s: ", file);
    va_start(ap, format);
    length = head + vsnprintf(line + head, sizeof line - (size_t)head, format, ap);
    va_end(ap);
    if (length >= CONF_ERROR)
        length = CONF_ERROR - 1;
    if (reader->told + (size_t)length + 2 > CONF_ERROR) /* whole lines only, but always one */
        return;
    if (reader->told)
        reader->error[reader->told++] = '\n';
    memcpy(reader->error + reader->told, line, (size_t)length + 1);
    reader->told += (size_t)length;
}

static const struct row *row_of(const struct row *rows, const char *path, size_t length)
{
    for (; rows->path; rows++) {
        if (strncmp(rows->path, path, length) == 0 && rows->path[length] == '\0')
            return rows;
    }
    return NULL;
}

/* Is there a row below the group? */
static bool is_group(const struct row *rows, const char *path, size_t length)
{
    for (; rows->path; rows++) {
        if (strncmp(rows->path, path, length) == 0 && rows->path[length] == '.')
            return true;
    }
    return false;
}

static bool is_list_of_groups(const struct row *rows, const char *path)
{
    return rows == conf_rows && (strcmp(path, "applications") == 0 || strcmp(path, "trunks") == 0 ||
                                 strcmp(path, "tariff") == 0);
}

/* Tells every key below a group that no row knows. */
static void tell_unknown(struct reader *reader, const struct row *rows,
                         const config_setting_t *group, const char *prefix)
{
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);
        char path[256];
        int length = snprintf(path, sizeof path, "%s%s%s", prefix, *prefix ? "." : "",
                              config_setting_name(setting));

        if (length >= (int)sizeof path)
            reader_tell(reader, setting, "unknown key");
        else if (is_group(rows, path, (size_t)length)) {
            if (config_setting_is_group(setting))
                tell_unknown(reader, rows, setting, path);
            else
                reader_tell(reader, setting, "%s must be a group: { ... }", path);
        } else if (!row_of(rows, path, (size_t)length) && !is_list_of_groups(rows, path))
            reader_tell(reader, setting, "unknown key %s", path);
    }
}

/* The setting at a dotted path below group, or NULL. */
static const config_setting_t *at(const config_setting_t *group, const char *path)
{
    while (group && path) {
        const char *dot = strchr(path, '.');
        char name[64];

        snprintf(name, sizeof name, "%.*s", (int)(dot ? dot - path : (int)strlen(path)), path);
        group = config_setting_is_group(group) ? config_setting_get_member(group, name) : NULL;
        path = dot ? dot + 1 : NULL;
    }
    return group;
}

static void read_standard(struct reader *reader, const struct row *row, void *field)
{
    config_t config;
    char text[512];

    snprintf(text, sizeof text, "v = %s;", row->standard);
    config_init(&config);
    if (config_read_string(&config, text) == CONFIG_TRUE)
        row->type->read(reader, row, config_lookup(&config, "v"), field);
    else
        assert(!"a default is no value");
    config_destroy(&config);
}

/* A key this version knows but cannot serve may be written with its default only. */
static void check_later(struct reader *reader, const struct row *row,
                        const config_setting_t *setting)
{
    const char *text = config_setting_get_string(setting);
    char quoted[64];

    if (text)
        snprintf(quoted, sizeof quoted, "\"%s\"", text);
    else
        snprintf(quoted, sizeof quoted, "%s", config_setting_get_bool(setting) ? "true" : "false");
    if (strcmp(quoted, row->standard) != 0)
        reader_tell(reader, setting, "%s is not in this version; leave it at %s", row->path,
                    row->standard);
}

void reader_rows(struct reader *reader, const struct row *rows, const config_setting_t *group,
                 void *base)
{
    if (group)
        tell_unknown(reader, rows, group, "");
    for (const struct row *row = rows; row->path; row++) {
        const config_setting_t *setting = at(group, row->path);
        void *field = (char *)base + row->field;
        const char *text = setting ? config_setting_get_string(setting) : NULL;

        if (row->flags & ROW_NEEDED && (!setting || (text && !*text)))
            reader_tell(reader, setting ? setting : group, "%s is missing", row->path);
        if (!setting) {
            read_standard(reader, row, field);
            continue;
        }
        row->type->read(reader, row, setting, field);
        if (row->flags & ROW_LATER)
            check_later(reader, row, setting);
    }
}

/* A list of groups: applications, trunks, the tariff. */
static void read_groups(struct reader *reader, const config_setting_t *root, const char *name,
                        const struct row *rows, size_t element, void *field, size_t *count)
{
    const config_setting_t *list = at(root, name);
    char *room;

    if (!list)
        return;
    if (!config_setting_is_list(list)) {
        reader_tell(reader, list, "%s must be a list of groups: ( { ... }, { ... } )", name);
        return;
    }
    room = reader_keep(reader, (size_t)config_setting_length(list) * element);
    if (!room)
        return;
    *(void **)field = room;
    for (int i = 0; i < config_setting_length(list); i++) {
        const config_setting_t *group = config_setting_get_elem(list, (unsigned)i);

        if (config_setting_is_group(group))
            reader_rows(reader, rows, group, room + (*count)++ * element);
        else
            reader_tell(reader, group, "%s holds something that is no group: { ... }", name);
    }
}

static void read_root(struct reader *reader, const config_setting_t *root)
{
    struct conf *conf = &reader->whole->conf;

    reader_rows(reader, conf_rows, root, conf);
    read_groups(reader, root, "applications", application_rows, sizeof *conf->applications,
                &conf->applications, &conf->application_count);
    read_groups(reader, root, "trunks", trunk_rows, sizeof *conf->trunks, &conf->trunks,
                &conf->trunk_count);
    read_groups(reader, root, "tariff", tariff_rows, sizeof *conf->tariff, &conf->tariff,
                &conf->tariff_count);
    if (!reader->err)
        reader_add_test(reader);
    if (!reader->err)
        reader_check(reader, root);
}

/* Parses the file into config; tells what is wrong. */
static void parse(struct reader *reader, config_t *config)
{
    const char *path = reader->path, *slash = strrchr(path, '/'), *file;
    char folder[4096] = ".";
    struct stat st;

    if (stat(path, &st) < 0 || S_ISDIR(st.st_mode)) {
        int err = S_ISDIR(st.st_mode) ? EISDIR : errno;

        reader->err = err == ENOENT ? ENOENT : EINVAL;
        reader_tell(reader, NULL, "%s", strerror(err));
        return;
    }
    if (slash)
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - path + 1), path);
    config_set_include_dir(config, folder);
    if (config_read_file(config, path) == CONFIG_TRUE)
        return;
    /* libconfig puts the folder before absolute names too: those want none */
    if (strstr(config_error_text(config), "include file")) {
        config_destroy(config);
        config_init(config);
        if (config_read_file(config, path) == CONFIG_TRUE)
            return;
    }
    file = config_error_file(config);
    reader->err = EINVAL;
    reader->told = (size_t)snprintf(reader->error, CONF_ERROR, "%.300s:%d: %s", file ? file : path,
                                    config_error_line(config), config_error_text(config));
}

int conf_read(struct conf **conf, const char *path, char error[CONF_ERROR])
{
    struct reader reader = {.error = error};
    bool from_file = path && *path;
    config_t config;

    error[0] = '\0';
    reader.whole = mem_alloc(sizeof *reader.whole, destroy);
    if (!reader.whole)
        return ENOMEM;
    reader.path = reader_keep_text(&reader, from_file ? path : "", from_file ? strlen(path) : 0);
    reader.whole->conf.path = reader.path;
    config_init(&config);
    if (from_file && !reader.err)
        parse(&reader, &config);
    if (!reader.err)
        read_root(&reader, config_root_setting(&config));
    config_destroy(&config);
    if (reader.err) {
        if (!*error)
            snprintf(error, CONF_ERROR, "%s", strerror(reader.err));
        mem_unref(reader.whole);
        return reader.err;
    }
    *conf = &reader.whole->conf;
    return 0;
}
