#pragma once
#include <curl/curl.h>

// Swift calls no variadic C function: one wrapper for each type of argument.

static inline CURLcode ccurl_setopt_long(CURL *_Nonnull easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode ccurl_setopt_offset(CURL *_Nonnull easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}

// libcurl copies the string.
static inline CURLcode ccurl_setopt_string(CURL *_Nonnull easy, CURLoption option, const char *_Nullable value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode ccurl_setopt_pointer(CURL *_Nonnull easy, CURLoption option, void *_Nullable value) {
    return curl_easy_setopt(easy, option, value);
}

// The list is borrowed until the transfer ends.
static inline CURLcode ccurl_setopt_list(CURL *_Nonnull easy, CURLoption option, struct curl_slist *_Nullable value) {
    return curl_easy_setopt(easy, option, value);
}

// For the read, write and header callbacks, which have one type.
typedef size_t (*ccurl_data_callback)(char *_Nonnull data, size_t size, size_t count, void *_Nonnull context);

static inline CURLcode ccurl_setopt_data_callback(CURL *_Nonnull easy, CURLoption option,
                                                  ccurl_data_callback _Nonnull callback) {
    return curl_easy_setopt(easy, option, callback);
}

// libcurl copies the bytes.
static inline CURLcode ccurl_setopt_bytes(CURL *_Nonnull easy, CURLoption option, void *_Nullable bytes, size_t count) {
    struct curl_blob blob = {bytes, count, CURL_BLOB_COPY};
    return curl_easy_setopt(easy, option, &blob);
}

typedef int (*ccurl_seek_callback)(void *_Nonnull context, curl_off_t offset, int origin);

static inline CURLcode ccurl_setopt_seek_callback(CURL *_Nonnull easy, ccurl_seek_callback _Nonnull callback) {
    return curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, callback);
}

typedef curl_socket_t (*ccurl_socket_callback)(void *_Nonnull context, curlsocktype purpose,
                                               struct curl_sockaddr *_Nonnull address);

static inline CURLcode ccurl_setopt_socket_callback(CURL *_Nonnull easy, ccurl_socket_callback _Nonnull callback) {
    return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, callback);
}

static inline CURLcode ccurl_getinfo_long(CURL *_Nonnull easy, CURLINFO info, long *_Nonnull value) {
    return curl_easy_getinfo(easy, info, value);
}

static inline CURLMcode ccurl_multi_setopt_long(CURLM *_Nonnull multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}
