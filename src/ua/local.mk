# src/ua: Sofia-SIP. Knows no audio.
liboffhook_a_SOURCES += \
	%D%/change.c \
	%D%/dialog.c \
	%D%/extension.c \
	%D%/gate.c %D%/gate.h \
	%D%/header.c \
	%D%/identity.c \
	%D%/incoming.c \
	%D%/info.c \
	%D%/outgoing.c \
	%D%/ping.c \
	%D%/private.h \
	%D%/refer.c \
	%D%/refusal.c \
	%D%/reliable.c \
	%D%/reoffer.c \
	%D%/root.c %D%/root.h \
	%D%/session.c \
	%D%/ua.c %D%/ua.h
