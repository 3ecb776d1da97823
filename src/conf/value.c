/* value.c: how one value is read and checked, by its type. */
#include "conf/row.h"
#include "base/id.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *name_of(const config_setting_t *setting)
{
    const char *name = config_setting_name(setting);

    return name ? name : "value";
}

/* The text of a setting; NULL after it was told that it is none. */
static const char *text_of(struct reader *reader, const config_setting_t *setting)
{
    if (config_setting_type(setting) == CONFIG_TYPE_STRING)
        return config_setting_get_string(setting);
    reader_tell(reader, setting, "%s must be a text in quotes", name_of(setting));
    return NULL;
}

static void read_text(struct reader *reader, const struct row *row, const config_setting_t *setting,
                      void *field)
{
    const char *text = text_of(reader, setting);

    if (!text)
        return;
    if (row->high && strlen(text) > (size_t)row->high)
        reader_tell(reader, setting, "%s is longer than %ld bytes", row->path, row->high);
    *(const char **)field = reader_keep_text(reader, text, strlen(text));
}

static bool is_url(const char *text)
{
    const char *host = strncasecmp(text, "http://", 7) == 0    ? text + 7
                       : strncasecmp(text, "https://", 8) == 0 ? text + 8
                                                               : NULL;

    if (!host || strcspn(host, "/?#:") == 0)
        return false;
    for (const char *c = text; *c; c++) {
        if ((unsigned char)*c <= ' ' || *c == 0x7f)
            return false;
    }
    return true;
}

static void read_url(struct reader *reader, const struct row *row, const config_setting_t *setting,
                     void *field)
{
    const char *text;

    read_text(reader, row, setting, field);
    text = *(const char **)field;
    if (text && *text && !is_url(text))
        reader_tell(reader, setting, "%s is no http:// or https:// URL", row->path);
}

static void read_id(struct reader *reader, const struct row *row, const config_setting_t *setting,
                    void *field)
{
    const char *text;

    read_text(reader, row, setting, field);
    text = *(const char **)field;
    if (text && *text && !id_is_uuid(text))
        reader_tell(reader, setting, "%s \"%.63s\" is no uuid", row->path, text);
}

/* One of the words; the spelling of the list is kept. */
void reader_word(struct reader *reader, const struct row *row, const config_setting_t *setting,
                 void *field, const char *const *words, const char *list)
{
    const char *text = text_of(reader, setting);

    for (size_t i = 0; text && words[i]; i++) {
        if (strcasecmp(text, words[i]) == 0) {
            *(const char **)field = words[i];
            return;
        }
    }
    if (text)
        reader_tell(reader, setting, "%s must be %s", row->path, list);
}

static void read_method(struct reader *reader, const struct row *row,
                        const config_setting_t *setting, void *field)
{
    static const char *const words[] = {"GET", "POST", NULL};

    reader_word(reader, row, setting, field, words, "GET or POST");
}

static void read_srtp(struct reader *reader, const struct row *row, const config_setting_t *setting,
                      void *field)
{
    static const char *const words[] = {"off", "optional", "required", NULL};

    reader_word(reader, row, setting, field, words, "off, optional or required");
}

static void read_digest(struct reader *reader, const struct row *row,
                        const config_setting_t *setting, void *field)
{
    static const char *const words[] = {"MD5", "SHA-256", "both", NULL};

    reader_word(reader, row, setting, field, words, "MD5, SHA-256 or both");
}

static void read_clients(struct reader *reader, const struct row *row,
                         const config_setting_t *setting, void *field)
{
    static const char *const words[] = {"off", "asked", "needed", NULL};
    const char *word = NULL;

    reader_word(reader, row, setting, &word, words, "off, asked or needed");
    for (int i = 0; word && words[i]; i++)
        if (!strcmp(word, words[i]))
            *(enum conf_tls_clients *)field = (enum conf_tls_clients)i;
}

static void read_dtmf(struct reader *reader, const struct row *row, const config_setting_t *setting,
                      void *field)
{
    static const char *const words[] = {[CONF_DTMF_AUTO] = "auto",
                                        [CONF_DTMF_RFC4733] = "rfc4733",
                                        [CONF_DTMF_INFO] = "info",
                                        [CONF_DTMF_INBAND] = "inband",
                                        NULL};
    const char *word = words[CONF_DTMF_AUTO];

    reader_word(reader, row, setting, &word, words, "auto, rfc4733, info or inband");
    for (enum conf_dtmf i = CONF_DTMF_AUTO; i <= CONF_DTMF_INBAND; i++)
        if (word == words[i])
            *(enum conf_dtmf *)field = i;
}

static void read_number(struct reader *reader, const struct row *row,
                        const config_setting_t *setting, void *field)
{
    int type = config_setting_type(setting);
    long long value;

    if (type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64) {
        reader_tell(reader, setting, "%s must be a whole number", row->path);
        return;
    }
    value = config_setting_get_int64(setting);
    if (value < row->low || value > row->high)
        reader_tell(reader, setting, "%s must be %ld to %ld", row->path, row->low, row->high);
    *(unsigned *)field = (unsigned)value;
}

/* A number, or 0 for "as otherwise". */
static void read_timeout(struct reader *reader, const struct row *row,
                         const config_setting_t *setting, void *field)
{
    struct row any = *row;

    any.low = 0;
    read_number(reader, &any, setting, field);
    if (*(unsigned *)field && *(unsigned *)field < (unsigned)row->low)
        reader_tell(reader, setting, "%s must be 0, or %ld to %ld", row->path, row->low, row->high);
}

static void read_bool(struct reader *reader, const struct row *row, const config_setting_t *setting,
                      void *field)
{
    if (config_setting_type(setting) != CONFIG_TYPE_BOOL)
        reader_tell(reader, setting, "%s must be true or false", row->path);
    else
        *(bool *)field = config_setting_get_bool(setting);
}

static void read_level(struct reader *reader, const struct row *row,
                       const config_setting_t *setting, void *field)
{
    const char *text = text_of(reader, setting);

    if (text && !log_parse_level(text, field))
        reader_tell(reader, setting, "%s must be error, warning, info or debug", row->path);
}

static bool is_address(const char *text)
{
    struct conf_network network;

    return !strchr(text, '/') && conf_network_parse(text, &network);
}

static void read_address(struct reader *reader, const struct row *row,
                         const config_setting_t *setting, void *field)
{
    const char *text;

    read_text(reader, row, setting, field);
    text = *(const char **)field;
    if (text && !is_address(text))
        reader_tell(reader, setting, "%s must be a numeric address, not \"%s\"", row->path, text);
}

static void read_address6(struct reader *reader, const struct row *row,
                          const config_setting_t *setting, void *field)
{
    const char *text;

    read_text(reader, row, setting, field);
    text = *(const char **)field;
    if (text && *text && (!is_address(text) || !strchr(text, ':')))
        reader_tell(reader, setting, "%s must be a numeric IPv6 address, not \"%s\"", row->path,
                    text);
}

static void read_store(struct reader *reader, const struct row *row,
                       const config_setting_t *setting, void *field)
{
    const char *text;

    read_text(reader, row, setting, field);
    text = *(const char **)field;
    if (text && (strncmp(text, "sqlite:", 7) != 0 || !text[7]))
        reader_tell(reader, setting, "%s must be sqlite:FILE or sqlite::memory:", row->path);
}

/* ADDRESS:PORT or [ADDRESS]:PORT */
static bool parse_place(const char *text, struct conf_listen *listen)
{
    bool six = *text == '[';
    const char *host = six ? text + 1 : text, *port;
    const char *end = six ? strchr(host, ']') : strrchr(host, ':');
    unsigned long number;
    char *rest;

    if (!end || (size_t)(end - host) >= sizeof listen->host)
        return false;
    memcpy(listen->host, host, (size_t)(end - host));
    listen->host[end - host] = '\0';
    if (!is_address(listen->host) || six != (strchr(listen->host, ':') != NULL))
        return false;
    port = end + (six ? 1 : 0);
    if (port[0] != ':' || !isdigit((unsigned char)port[1]))
        return false;
    number = strtoul(port + 1, &rest, 10);
    listen->port = (unsigned)number;
    return *rest == '\0' && number <= 65535;
}

static void read_listen(struct reader *reader, const struct row *row,
                        const config_setting_t *setting, void *field)
{
    struct conf_listen *listen = field;
    const char *text = text_of(reader, setting);

    if (!text)
        return;
    memcpy(listen->transport, "tcp", sizeof "tcp");
    if (!parse_place(text, listen))
        reader_tell(reader, setting, "%s: \"%s\" is no ADDRESS:PORT (numeric; IPv6 as [::1]:8080)",
                    row->path, text);
}

static void read_sip_listen(struct reader *reader, const struct row *row,
                            const config_setting_t *setting, struct conf_listen *listen)
{
    const char *text = text_of(reader, setting);

    if (!text)
        return;
    if ((strncmp(text, "udp:", 4) != 0 && strncmp(text, "tcp:", 4) != 0 &&
         strncmp(text, "tls:", 4) != 0) ||
        !parse_place(text + 4, listen)) {
        reader_tell(reader, setting,
                    "%s: \"%s\" is no udp:ADDRESS:PORT, tcp:ADDRESS:PORT or tls:ADDRESS:PORT "
                    "(numeric; IPv6 as udp:[::1]:5060)",
                    row->path, text);
        return;
    }
    memcpy(listen->transport, text, 3);
    listen->transport[3] = '\0';
}

/* Length of an array or list; -1 after it was told that it is none. */
static int length_of(struct reader *reader, const struct row *row, const config_setting_t *setting)
{
    if (config_setting_is_array(setting) || config_setting_is_list(setting))
        return config_setting_length(setting);
    reader_tell(reader, setting, "%s must be a list: [ ... ]", row->path);
    return -1;
}

/* Room for as many elements as setting has; NULL: none, or not a list. */
static void *room_of(struct reader *reader, const struct row *row, const config_setting_t *setting,
                     size_t element, void *field, size_t *count)
{
    int length = length_of(reader, row, setting);
    void *room;

    *count = 0;
    *(void **)field = NULL;
    if (length <= 0)
        return NULL;
    room = reader_keep(reader, (size_t)length * element);
    if (!room)
        return NULL;
    *(void **)field = room;
    *count = (size_t)length;
    return room;
}

static size_t *count_at(const struct row *row, void *field)
{
    return (size_t *)(void *)((char *)field - row->field + row->count);
}

static void read_listens(struct reader *reader, const struct row *row,
                         const config_setting_t *setting, void *field)
{
    size_t *count = count_at(row, field);
    struct conf_listen *listen = room_of(reader, row, setting, sizeof *listen, field, count);

    if (*count == 0)
        reader_tell(reader, setting, "%s names no place", row->path);
    for (unsigned i = 0; i < *count; i++)
        read_sip_listen(reader, row, config_setting_get_elem(setting, i), &listen[i]);
}

static void read_networks(struct reader *reader, const struct row *row,
                          const config_setting_t *setting, void *field)
{
    size_t *count = count_at(row, field);
    struct conf_network *network = room_of(reader, row, setting, sizeof *network, field, count);

    for (unsigned i = 0; i < *count; i++) {
        const config_setting_t *element = config_setting_get_elem(setting, i);
        const char *text = text_of(reader, element);

        if (text && !conf_network_parse(text, &network[i]))
            reader_tell(reader, element, "%s: \"%s\" is no network such as 10.0.0.0/8 or ::1",
                        row->path, text);
    }
}

/* A list of texts, each kept as `take` makes it. */
void reader_texts(struct reader *reader, const struct row *row, const config_setting_t *setting,
                  void *field, row_take_h *take)
{
    size_t *count = count_at(row, field);
    const char **texts = room_of(reader, row, setting, sizeof *texts, field, count);

    for (unsigned i = 0; i < *count; i++) {
        const config_setting_t *element = config_setting_get_elem(setting, i);
        const char *text = text_of(reader, element);

        texts[i] = text ? take(reader, row, element, text) : "";
    }
}

/* Digits, and a trailing '*' when it is a range. */
static const char *take_number(struct reader *reader, const struct row *row,
                               const config_setting_t *setting, const char *text)
{
    size_t length = strlen(text);
    bool range = length > 0 && text[length - 1] == '*';
    char copy[64], digits[32];

    if (length == 1 && range)
        return "*";
    snprintf(copy, sizeof copy, "%.*s", (int)(range ? length - 1 : length), text);
    if (length >= sizeof copy || !conf_digits(copy, digits, sizeof digits)) {
        reader_tell(reader, setting, "%s: \"%s\" is no number or range such as 1555020*", row->path,
                    text);
        return "";
    }
    length = strlen(digits);
    if (range)
        digits[length++] = '*';
    return reader_keep_text(reader, digits, length);
}

static void read_numbers(struct reader *reader, const struct row *row,
                         const config_setting_t *setting, void *field)
{
    reader_texts(reader, row, setting, field, take_number);
}

static const char *take_prefix(struct reader *reader, const struct row *row,
                               const config_setting_t *setting, const char *text)
{
    char digits[32];

    if (!*text)
        return "";
    if (!conf_digits(text, digits, sizeof digits)) {
        reader_tell(reader, setting, "%s: \"%s\" are no digits", row->path, text);
        return "";
    }
    return reader_keep_text(reader, digits, strlen(digits));
}

static void read_prefixes(struct reader *reader, const struct row *row,
                          const config_setting_t *setting, void *field)
{
    reader_texts(reader, row, setting, field, take_prefix);
}

static const char *take_proxy(struct reader *reader, const struct row *row,
                              const config_setting_t *setting, const char *text)
{
    size_t scheme = 4;

    if (!text) /* UBSan's check of strncasecmp() has gcc warn of it */
        return "";
    if (strncasecmp(text, "sips:", 5) == 0)
        scheme = 5;
    if ((scheme == 4 && strncasecmp(text, "sip:", 4) != 0) || !text[scheme] ||
        strpbrk(text, " <>\""))
        reader_tell(reader, setting, "%s: \"%s\" is no SIP URI such as sip:127.0.0.1:5080",
                    row->path, text);
    return reader_keep_text(reader, text, strlen(text));
}

static void read_proxies(struct reader *reader, const struct row *row,
                         const config_setting_t *setting, void *field)
{
    if (*count_at(row, field) == 0)
        reader_texts(reader, row, setting, field, take_proxy);
    else if (length_of(reader, row, setting) > 0)
        reader_tell(reader, setting, "give proxy or proxies, not both");
}

static void read_uri(struct reader *reader, const struct row *row, const config_setting_t *setting,
                     void *field)
{
    const char *text = text_of(reader, setting);

    if (text && *text)
        *(const char **)field = take_proxy(reader, row, setting, text);
    else if (text)
        *(const char **)field = "";
}

static void read_proxy(struct reader *reader, const struct row *row,
                       const config_setting_t *setting, void *field)
{
    const char *text = text_of(reader, setting);
    const char **proxy;

    if (!text || !*text)
        return;
    proxy = reader_keep(reader, sizeof *proxy);
    if (!proxy)
        return;
    proxy[0] = take_proxy(reader, row, setting, text);
    *(const char ***)field = proxy;
    *count_at(row, field) = 1;
}

/* Any number of URIs; one may stand alone. */
static void read_routes(struct reader *reader, const struct row *row,
                        const config_setting_t *setting, void *field)
{
    if (config_setting_type(setting) == CONFIG_TYPE_STRING)
        read_proxy(reader, row, setting, field);
    else
        reader_texts(reader, row, setting, field, take_proxy);
}

/* ADDRESS or ADDRESS:PORT, kept with its port. */
static const char *take_place(struct reader *reader, const struct row *row,
                              const config_setting_t *setting, const char *text)
{
    struct conf_listen place;
    bool bare = is_address(text);
    char whole[80] = "";

    if (strlen(text) <= 64)
        snprintf(whole, sizeof whole, !bare ? "%s" : strchr(text, ':') ? "[%s]:53" : "%s:53", text);
    if (!parse_place(whole, &place) || !place.port)
        reader_tell(reader, setting, "%s: \"%s\" is no ADDRESS or ADDRESS:PORT (numeric)",
                    row->path, text);
    return reader_keep_text(reader, whole, strlen(whole));
}

static void read_places(struct reader *reader, const struct row *row,
                        const config_setting_t *setting, void *field)
{
    reader_texts(reader, row, setting, field, take_place);
}

static void read_ports(struct reader *reader, const struct row *row,
                       const config_setting_t *setting, void *field)
{
    uint16_t *ports = field;
    long long value[2] = {0, 0};

    if (length_of(reader, row, setting) < 0)
        return;
    for (unsigned i = 0; config_setting_length(setting) == 2 && i < 2; i++) {
        const config_setting_t *element = config_setting_get_elem(setting, i);

        if (config_setting_type(element) == CONFIG_TYPE_INT)
            value[i] = config_setting_get_int(element);
    }
    if (value[0] < row->low || value[1] > row->high || value[0] % 2 != 0 || value[1] % 2 != 1 ||
        value[0] > value[1])
        reader_tell(reader, setting,
                    "%s must be [ FIRST, LAST ]: an even port from %ld, an odd one to %ld",
                    row->path, row->low, row->high);
    ports[0] = (uint16_t)value[0];
    ports[1] = (uint16_t)value[1];
}

const struct row_type type_text = {"text", read_text};
const struct row_type type_url = {"URL", read_url};
const struct row_type type_id = {"text", read_id};
const struct row_type type_method = {"word", read_method};
const struct row_type type_srtp = {"word", read_srtp};
const struct row_type type_digest = {"word", read_digest};
const struct row_type type_tls_clients = {"word", read_clients};
const struct row_type type_dtmf = {"word", read_dtmf};
const struct row_type type_number = {"number", read_number};
const struct row_type type_timeout = {"number", read_timeout};
const struct row_type type_bool = {"true or false", read_bool};
const struct row_type type_level = {"word", read_level};
const struct row_type type_address = {"address", read_address};
const struct row_type type_address6 = {"address", read_address6};
const struct row_type type_store = {"text", read_store};
const struct row_type type_listen = {"ADDRESS:PORT", read_listen};
const struct row_type type_listens = {"list", read_listens};
const struct row_type type_networks = {"list of networks", read_networks};
const struct row_type type_numbers = {"list of numbers", read_numbers};
const struct row_type type_prefixes = {"list of digits", read_prefixes};
const struct row_type type_proxies = {"list of SIP URIs", read_proxies};
const struct row_type type_proxy = {"SIP URI", read_proxy};
const struct row_type type_uri = {"SIP URI", read_uri};
const struct row_type type_routes = {"list of SIP URIs", read_routes};
const struct row_type type_places = {"list of ADDRESS:PORT", read_places};
const struct row_type type_ports = {"two ports", read_ports};
