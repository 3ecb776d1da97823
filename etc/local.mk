# etc: the systemd unit; and a first configuration, where there is none yet.
unitdir = $(prefix)/lib/systemd/system
nodist_unit_DATA = etc/offhookd.service
EXTRA_DIST += etc/offhookd.service.in
CLEANFILES += etc/offhookd.service
etc/offhookd.service: $(srcdir)/etc/offhookd.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) etc && sed -e 's|@sbindir@|$(sbindir)|' \
		-e 's|@sysconfdir@|$(sysconfdir)|' $(srcdir)/etc/offhookd.service.in >$@.tmp && mv $@.tmp $@

conf_file = $(DESTDIR)$(sysconfdir)/offhook/offhook.conf
install-data-local:
	$(MKDIR_P) '$(DESTDIR)$(sysconfdir)/offhook'
	test -e '$(conf_file)' || $(INSTALL_DATA) $(srcdir)/etc/offhook.conf '$(conf_file)'
uninstall-local:
	if cmp -s $(srcdir)/etc/offhook.conf '$(conf_file)'; then rm -f '$(conf_file)'; fi
