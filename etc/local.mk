# etc: the systemd unit.
unitdir = $(prefix)/lib/systemd/system
nodist_unit_DATA = etc/offhookd.service
EXTRA_DIST += etc/offhookd.service.in
CLEANFILES += etc/offhookd.service
etc/offhookd.service: $(srcdir)/etc/offhookd.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) etc && sed -e 's|@sbindir@|$(sbindir)|' \
		-e 's|@sysconfdir@|$(sysconfdir)|' $(srcdir)/etc/offhookd.service.in >$@.tmp && mv $@.tmp $@
