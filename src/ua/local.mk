# src/ua: Sofia-SIP. Knows no audio.
liboffhook_a_SOURCES += \
	%D%/challenge.c \
	%D%/change.c \
	%D%/credentials.c %D%/credentials.h \
	%D%/dialog.c \
	%D%/digest.c %D%/digest.h \
	%D%/digest_read.c \
	%D%/extension.c \
	%D%/gate.c %D%/gate.h \
	%D%/header.c \
	%D%/identity.c \
	%D%/incoming.c \
	%D%/info.c \
	%D%/nat.c %D%/nat.h \
	%D%/nonce.c %D%/nonce.h \
	%D%/outgoing.c \
	%D%/ping.c \
	%D%/ping_out.c \
	%D%/private.h \
	%D%/refer.c \
	%D%/refusal.c \
	%D%/registering.c \
	%D%/registration.c \
	%D%/reliable.c \
	%D%/reoffer.c \
	%D%/retry.c %D%/retry.h \
	%D%/root.c %D%/root.h \
	%D%/session.c \
	%D%/tls.c %D%/tls.h \
	%D%/tls_files.c %D%/tls_files.h \
	%D%/tls_kept.c %D%/tls_kept.h \
	%D%/ua.c %D%/ua.h
