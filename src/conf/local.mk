# src/conf: the configuration file.
liboffhook_a_SOURCES += \
	%D%/check.c \
	%D%/codec.c \
	%D%/conf.h \
	%D%/file.c \
	%D%/fraud.c \
	%D%/headers.c \
	%D%/manner.c \
	%D%/network.c \
	%D%/number.c \
	%D%/read.c \
	%D%/row.h \
	%D%/rows.c \
	%D%/sample.c \
	%D%/speech.c \
	%D%/tariff.c \
	%D%/test.c \
	%D%/trunk.c \
	%D%/value.c

exampledir = $(docdir)/examples
dist_example_DATA = etc/offhook.conf
