/* check.c: rules between keys: nothing twice, nothing by half. */
#include "conf/row.h"
#include "config.h"

#include <string.h>
#include <strings.h>

/* NULL: it is in no file, as `test` is. */
static const config_setting_t *element(const config_setting_t *root, const char *list, size_t i)
{
    const config_setting_t *all = config_setting_get_member(root, list);

    return all ? config_setting_get_elem(all, (unsigned)i) : NULL;
}

static void check_pair(struct reader *reader, const config_setting_t *root, const char *one,
                       const char *other, const char *names)
{
    if (!*one != !*other)
        reader_tell(reader, config_setting_get_member(root, "http"), "%s go together", names);
}

static void check_numbers(struct reader *reader, const config_setting_t *root, size_t i)
{
    const struct conf *conf = &reader->whole->conf;
    const struct conf_application *own = &conf->applications[i];

    for (size_t k = 0; k < own->number_count; k++) {
        for (size_t j = 0; j <= i; j++) {
            const struct conf_application *other = &conf->applications[j];
            size_t most = j == i ? k : other->number_count;

            for (size_t m = 0; m < most; m++) {
                if (strcmp(own->numbers[k], other->numbers[m]) == 0)
                    reader_tell(reader, element(root, "applications", i),
                                "number %s is given twice", own->numbers[k]);
            }
        }
    }
}

static void check_application(struct reader *reader, const config_setting_t *root, size_t i)
{
    struct conf *conf = &reader->whole->conf;
    struct conf_application *own = &conf->applications[i];

    if (!*own->name)
        own->name = own->id;
    for (size_t j = 0; j < i; j++) {
        if (strcmp(conf->applications[j].id, own->id) == 0)
            reader_tell(reader, element(root, "applications", i), "application %s is given twice",
                        own->id);
    }
    if ((own->voice.is_signed || own->rtc.is_signed) && !*own->signature_secret &&
        !*conf->http.signature_secret)
        reader_tell(reader, element(root, "applications", i),
                    "%s.signed needs signature_secret or http.signature_secret",
                    own->voice.is_signed ? "voice" : "rtc");
    check_numbers(reader, root, i);
}

static bool has_tls(const struct conf *conf)
{
    for (size_t i = 0; i < conf->sip.listen_count; i++)
        if (!strcmp(conf->sip.listen[i].transport, "tls"))
            return true;
    return false;
}

static void check_tls(struct reader *reader, const config_setting_t *root)
{
    const struct conf *conf = &reader->whole->conf;
    const config_setting_t *group = config_setting_get_member(root, "sip");

    if (has_tls(conf) && (!*conf->sip.tls.certificate || !*conf->sip.tls.key))
        reader_tell(reader, group, "tls: in sip.listen needs sip.tls.certificate and sip.tls.key");
    if (conf->sip.tls.clients != CONF_TLS_CLIENTS_OFF && !*conf->sip.tls.ca)
        reader_tell(reader, group,
                    "sip.tls.client_certificates needs sip.tls.ca: whose certificates are good");
}

static bool wants_tls(const char *uri)
{
    return !strncasecmp(uri, "sips:", 5) || strcasestr(uri, ";transport=tls");
}

/* What goes out by TLS comes from an address that we listen on. */
static void check_proxies(struct reader *reader, const config_setting_t *root, size_t i)
{
    const struct conf_trunk *own = &reader->whole->conf.trunks[i];

    for (size_t k = 0; k < own->proxy_count; k++)
        if (wants_tls(own->proxies[k]) && !has_tls(&reader->whole->conf))
            reader_tell(reader, element(root, "trunks", i),
                        "proxy \"%s\" needs a tls: address in sip.listen", own->proxies[k]);
}

static void check_trunk(struct reader *reader, const config_setting_t *root, size_t i)
{
    const struct conf *conf = &reader->whole->conf;
    const struct conf_trunk *own = &conf->trunks[i];

    if (own->is_register && !*own->username)
        reader_tell(reader, element(root, "trunks", i), "register needs username and password");
    if (!*own->username && *own->password)
        reader_tell(reader, element(root, "trunks", i), "password needs username");
    if (!(own->identity & CONF_IDENTITY_FROM) && !*own->from_user && !*own->username)
        reader_tell(reader, element(root, "trunks", i),
                    "identity without \"from\" needs from_user or username");
    check_proxies(reader, root, i);
    if (conf->trunks[i].proxy_count == 0)
        reader_tell(reader, element(root, "trunks", i), "proxy is missing");
    if (!*conf->trunks[i].inbound_user != !*conf->trunks[i].inbound_password)
        reader_tell(reader, element(root, "trunks", i),
                    "inbound_user and inbound_password go together");
    for (size_t j = 0; j < i; j++) {
        if (strcmp(conf->trunks[j].name, conf->trunks[i].name) == 0)
            reader_tell(reader, element(root, "trunks", i), "trunk %s is given twice",
                        conf->trunks[i].name);
    }
}

static void check_rtp(struct reader *reader, const config_setting_t *root)
{
    const struct conf *conf = &reader->whole->conf;

    if (*conf->rtp.address6 && strchr(conf->rtp.address, ':'))
        reader_tell(reader, config_setting_get_member(root, "rtp"),
                    "rtp.address6 goes with an rtp.address of IPv4");
}

static void check_recogniser(struct reader *reader, const config_setting_t *root)
{
    const struct conf_recogniser *recogniser = &reader->whole->conf.recogniser;
    const config_setting_t *group = config_setting_get_member(root, "recogniser");

    if (*recogniser->url && *recogniser->model)
        reader_tell(reader, group, "give recogniser.url or recogniser.model, not both");
#ifndef HAVE_POCKETSPHINX
    if (*recogniser->model)
        reader_tell(reader, group,
                    "recogniser.model: this build has no PocketSphinx (configure "
                    "--with-pocketsphinx)");
#endif
}

static void check_tariff(struct reader *reader, const config_setting_t *root, size_t i)
{
    const struct conf *conf = &reader->whole->conf;
    const struct conf_tariff *own = &conf->tariff[i];

    for (size_t j = 0; j < i; j++) {
        if (strcmp(conf->tariff[j].prefix, own->prefix) == 0 &&
            strcmp(conf->tariff[j].direction, own->direction) == 0)
            reader_tell(reader, element(root, "tariff", i),
                        "the tariff has prefix \"%s\" twice for the same direction", own->prefix);
    }
}

static void check_registrar(struct reader *reader, const config_setting_t *root)
{
    const struct conf *conf = &reader->whole->conf;
    const config_setting_t *group = config_setting_get_member(root, "sip");

    if (!conf->sip.is_registrar)
        return;
    if (!*conf->sip.domain)
        reader_tell(reader, group, "sip.registrar needs sip.domain, the domain of its users");
    if (!conf->sip.registrar_allow_count)
        reader_tell(reader, group,
                    "sip.registrar needs sip.registrar_allow, the networks of its phones");
}

void reader_check(struct reader *reader, const config_setting_t *root)
{
    const struct conf *conf = &reader->whole->conf;

    check_pair(reader, root, conf->http.api_key, conf->http.api_secret,
               "http.api_key and http.api_secret");
    check_pair(reader, root, conf->http.tls.certificate, conf->http.tls.key,
               "http.tls.certificate and http.tls.key");
    check_tls(reader, root);
    check_rtp(reader, root);
    check_recogniser(reader, root);
    check_registrar(reader, root);
    for (size_t i = 0; i < conf->application_count; i++)
        check_application(reader, root, i);
    for (size_t i = 0; i < conf->trunk_count; i++)
        check_trunk(reader, root, i);
    for (size_t i = 0; i < conf->tariff_count; i++)
        check_tariff(reader, root, i);
}
