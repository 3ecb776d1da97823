# src/trunk: the trunks of the configuration, alive.
liboffhook_a_SOURCES += \
	%D%/advice.c %D%/advice.h \
	%D%/attempt.c \
	%D%/describe.c \
	%D%/doctor.c \
	%D%/health.c \
	%D%/lookup.c %D%/lookup.h \
	%D%/names.c %D%/names.h \
	%D%/private.h \
	%D%/proxy.c \
	%D%/redirect.c \
	%D%/registering.c \
	%D%/route.c \
	%D%/trunk.h \
	%D%/trunks.c
