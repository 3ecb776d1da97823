# src/http: serving (libmicrohttpd), asking (libcurl), tokens (OpenSSL).
liboffhook_a_SOURCES += \
	%D%/base64url.c %D%/base64url.h \
	%D%/fetch.c %D%/fetch.h \
	%D%/fetch_file.c %D%/fetch_file.h \
	%D%/fetch_guard.c %D%/fetch_guard.h \
	%D%/fetch_job.c %D%/fetch_job.h \
	%D%/jwt.c %D%/jwt.h \
	%D%/jwt_acl.c %D%/jwt_acl.h \
	%D%/jwt_cache.c %D%/jwt_cache.h \
	%D%/jwt_claims.c %D%/jwt_claims.h \
	%D%/jwt_key.c %D%/jwt_key.h \
	%D%/jwt_pair.c %D%/jwt_pair.h \
	%D%/rest.c %D%/rest.h \
	%D%/rest_accept.c \
	%D%/rest_basic.c \
	%D%/rest_parameter.c \
	%D%/rest_request.c %D%/rest_request.h \
	%D%/rest_serve.c %D%/rest_server.h \
	%D%/rest_stream.c \
	%D%/rest_thread.c \
	%D%/secret.c %D%/secret.h
