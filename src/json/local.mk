# src/json: JSON as text.
liboffhook_a_SOURCES += \
	%D%/text.c %D%/text.h
