/* Load for the S2S socket: clients and a stub of the vendor in one process, so that both ends of a frame's way share one
 * clock and no interpreter stands on the measuring side.
 *
 *   s2s_load --listen PORT --targets FILE --mode pcm|json [--warm S] [--seconds S] [--hold S]
 *
 * FILE has one line per session: host port path token ("-" = no token). In mode pcm the clients speak the gateway's
 * protocol and the stub that of OpenAI Realtime; in mode json the clients speak the vendor's protocol too, which is what a
 * proxy that passes bytes through is measured with. Both sides send 20 ms of 24 kHz PCM16 fifty times a second, with the
 * time of sending in the first eight bytes. Prints one JSON object. --hold keeps the sessions open and idle in place of
 * measuring.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PCM_BYTES 960
#define PCM_TEXT 1280 /* base64 of it */
#define PERIOD_NS 20000000ull
#define WINDOW_NS 500000000ull
#define WINDOWS 512
#define OPENING_AT_ONCE 16

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

static void die(const char *what) {
    perror(what);
    exit(2);
}

/* ---- samples: nanoseconds per window of half a second; a noisy neighbour spoils windows, not the median over them */

typedef struct {
    uint32_t *values;
    size_t count, room;
} Samples;

static void add_sample(Samples *s, uint64_t ns) {
    if (s->count == s->room) {
        s->room = s->room ? s->room * 2 : 4096;
        s->values = realloc(s->values, s->room * sizeof *s->values);
    }
    s->values[s->count++] = ns > 4000000000ull ? 4000000000u : (uint32_t)ns;
}

static int by_value(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static double quantile_us(Samples *s, double q) {
    if (!s->count) return -1;
    qsort(s->values, s->count, sizeof *s->values, by_value);
    return s->values[(size_t)(q * (double)(s->count - 1))] / 1000.0;
}

static int by_double(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static Samples up_windows[WINDOWS], down_windows[WINDOWS], up_all, down_all, late;

static double median_of_windows(Samples *windows, double q) {
    double found[WINDOWS];
    int count = 0;
    for (int i = 0; i < WINDOWS; i++)
        if (windows[i].count > 20) found[count++] = quantile_us(&windows[i], q);
    if (!count) return -1;
    qsort(found, (size_t)count, sizeof *found, by_double);
    return count % 2 ? found[count / 2] : (found[count / 2 - 1] + found[count / 2]) / 2;
}

/* ---- base64 and the handshake's SHA-1 */

static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static int8_t REVERSE[256];

static size_t to_base64(const uint8_t *in, size_t n, char *out) {
    size_t o = 0;
    for (size_t i = 0; i < n; i += 3) {
        uint32_t v = (uint32_t)in[i] << 16 | (i + 1 < n ? (uint32_t)in[i + 1] << 8 : 0) | (i + 2 < n ? in[i + 2] : 0);
        out[o++] = ALPHABET[v >> 18];
        out[o++] = ALPHABET[v >> 12 & 63];
        out[o++] = i + 1 < n ? ALPHABET[v >> 6 & 63] : '=';
        out[o++] = i + 2 < n ? ALPHABET[v & 63] : '=';
    }
    return o;
}

static uint64_t time_from_base64(const char *text) { /* the first eight of nine bytes */
    uint8_t bytes[9];
    for (int i = 0; i < 3; i++) {
        uint32_t v = 0;
        for (int k = 0; k < 4; k++) v = v << 6 | (uint32_t)(REVERSE[(uint8_t)text[i * 4 + k]] & 63);
        bytes[i * 3] = (uint8_t)(v >> 16), bytes[i * 3 + 1] = (uint8_t)(v >> 8), bytes[i * 3 + 2] = (uint8_t)v;
    }
    uint64_t t;
    memcpy(&t, bytes, 8);
    return t;
}

static uint32_t rotated(uint32_t v, int n) { return v << n | v >> (32 - n); }

static void sha1(const char *text, size_t n, uint8_t out[20]) { /* n <= 119 */
    uint8_t m[128] = {0};
    uint32_t h[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    size_t total = ((n + 8) / 64 + 1) * 64;
    memcpy(m, text, n);
    m[n] = 0x80;
    for (int i = 0; i < 8; i++) m[total - 1 - (size_t)i] = (uint8_t)((uint64_t)n * 8 >> 8 * i);
    for (size_t o = 0; o < total; o += 64) {
        uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
        for (size_t i = 0; i < 16; i++)
            w[i] = (uint32_t)m[o + i * 4] << 24 | (uint32_t)m[o + i * 4 + 1] << 16 | (uint32_t)m[o + i * 4 + 2] << 8 |
                   m[o + i * 4 + 3];
        for (int i = 16; i < 80; i++) w[i] = rotated(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
        for (int i = 0; i < 80; i++) {
            uint32_t f, k;
            if (i < 20) f = (b & c) | (~b & d), k = 0x5A827999;
            else if (i < 40) f = b ^ c ^ d, k = 0x6ED9EBA1;
            else if (i < 60) f = (b & c) | (b & d) | (c & d), k = 0x8F1BBCDC;
            else f = b ^ c ^ d, k = 0xCA62C1D6;
            uint32_t t = rotated(a, 5) + f + e + k + w[i];
            e = d, d = c, c = rotated(b, 30), b = a, a = t;
        }
        h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
    }
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < 4; k++) out[i * 4 + k] = (uint8_t)(h[i] >> (24 - 8 * k));
}

/* ---- connections */

enum Role { CLIENT, VENDOR, LISTENER };
enum State { HANDSHAKE, OPENING, LIVE, GONE };

typedef struct {
    int fd;
    enum Role role;
    enum State state;
    int watching_output;
    uint8_t *in, *out;
    size_t in_len, in_room, out_at, out_len, out_room;
    uint64_t phase;
} Conn;

static int poller, as_json, sessions, live_clients, live_vendors, next_vendor;
static Conn **clients, **vendors;
static long sent_up, got_up, sent_down, got_down, closed, refused, other_frames, backlog;
static uint64_t measure_from = UINT64_MAX, measure_to = UINT64_MAX;

static Conn *watch(int fd, enum Role role) {
    Conn *c = calloc(1, sizeof *c);
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
    c->fd = fd, c->role = role;
    c->in_room = role == LISTENER ? 0 : 8192;
    if (c->in_room) c->in = malloc(c->in_room);
    if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &e)) die("epoll_ctl");
    return c;
}

static void watch_output(Conn *c, int on) {
    if (c->watching_output == on) return;
    c->watching_output = on;
    struct epoll_event e = {.events = EPOLLIN | (on ? EPOLLOUT : 0u), .data.ptr = c};
    epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &e);
}

static void gone(Conn *c) {
    if (c->state == GONE) return;
    if (c->state == LIVE) closed++;
    c->state = GONE;
    epoll_ctl(poller, EPOLL_CTL_DEL, c->fd, NULL);
    close(c->fd);
}

static void flush(Conn *c) {
    while (c->out_at < c->out_len) {
        ssize_t n = send(c->fd, c->out + c->out_at, c->out_len - c->out_at, MSG_NOSIGNAL);
        if (n < 0) {
            if (errno == EAGAIN) watch_output(c, 1);
            else gone(c);
            return;
        }
        c->out_at += (size_t)n;
    }
    c->out_at = c->out_len = 0;
    watch_output(c, 0);
}

static void put(Conn *c, const void *data, size_t n) {
    if (c->state == GONE) return;
    if (c->out_at == c->out_len) {
        ssize_t sent = send(c->fd, data, n, MSG_NOSIGNAL);
        if (sent == (ssize_t)n) return;
        if (sent < 0 && errno != EAGAIN) {
            gone(c);
            return;
        }
        if (sent > 0) data = (const char *)data + sent, n -= (size_t)sent;
    }
    if (c->out_len + n > c->out_room) {
        c->out_room = (c->out_len + n) * 2;
        c->out = realloc(c->out, c->out_room);
    }
    memcpy(c->out + c->out_len, data, n);
    c->out_len += n;
    backlog++;
    watch_output(c, 1);
}

/* ---- frames: made once, only the time is filled in */

static const uint8_t MASK[4] = {0x37, 0xfa, 0x21, 0x3d};
static uint8_t client_frame[4096], vendor_frame[4096];
static size_t client_len, client_time, vendor_len, vendor_time;

static size_t text_frame(uint8_t *out, const char *text, size_t n, const uint8_t *mask) {
    size_t h = 2;
    out[0] = 0x81;
    if (n < 126) out[1] = (uint8_t)n;
    else out[1] = 126, out[2] = (uint8_t)(n >> 8), out[3] = (uint8_t)n, h = 4;
    if (mask) out[1] |= 0x80, memcpy(out + h, mask, 4), h += 4;
    for (size_t i = 0; i < n; i++) out[h + i] = (uint8_t)text[i] ^ (mask ? mask[i & 3] : 0);
    return h + n;
}

static void put_text(Conn *c, const char *text) {
    uint8_t frame[4096];
    put(c, frame, text_frame(frame, text, strlen(text), c->role == CLIENT ? MASK : NULL));
}

static void make_frames(void) {
    uint8_t pcm[PCM_BYTES];
    char sound[PCM_TEXT + 1], text[3000];
    memset(REVERSE, -1, sizeof REVERSE);
    for (int i = 0; i < 64; i++) REVERSE[(uint8_t)ALPHABET[i]] = (int8_t)i;
    srand(1);
    for (int i = 0; i < PCM_BYTES; i++) pcm[i] = (uint8_t)(rand() % 7); /* quiet */
    to_base64(pcm, PCM_BYTES, sound);
    sound[PCM_TEXT] = 0;
    if (as_json) {
        int n = snprintf(text, sizeof text, "{\"type\":\"input_audio_buffer.append\",\"audio\":\"%s\"}", sound);
        client_len = text_frame(client_frame, text, (size_t)n, MASK);
        client_time = 8 + (size_t)(strstr(text, "\"audio\":\"") - text) + 9;
    } else {
        client_frame[0] = 0x82, client_frame[1] = 0x80 | 126;
        client_frame[2] = PCM_BYTES >> 8, client_frame[3] = PCM_BYTES & 255;
        memcpy(client_frame + 4, MASK, 4);
        for (int i = 0; i < PCM_BYTES; i++) client_frame[8 + i] = pcm[i] ^ MASK[i & 3];
        client_len = 8 + PCM_BYTES, client_time = 8;
    }
    int n = snprintf(text, sizeof text,
                     "{\"type\":\"response.output_audio.delta\",\"event_id\":\"event_BJyzRpmsk3FpWq0T5Xv2a\","
                     "\"response_id\":\"resp_1\",\"item_id\":\"item_1\",\"output_index\":0,\"content_index\":0,"
                     "\"delta\":\"%s\"}",
                     sound);
    vendor_len = text_frame(vendor_frame, text, (size_t)n, NULL);
    vendor_time = 4 + (size_t)(strstr(text, "\"delta\":\"") - text) + 9;
}

static void send_from_client(Conn *c, uint64_t t) {
    uint8_t stamp[12];
    memcpy(stamp, &t, 8);
    if (as_json) {
        uint8_t padded[9] = {0};
        memcpy(padded, &t, 8);
        to_base64(padded, 9, (char *)stamp);
    }
    for (size_t i = 0; i < (as_json ? 12u : 8u); i++)
        client_frame[client_time + i] = stamp[i] ^ MASK[(client_time - 8 + i) & 3];
    put(c, client_frame, client_len);
    if (t >= measure_from && t < measure_to) sent_up++;
}

static void send_from_vendor(Conn *c, uint64_t t) {
    uint8_t padded[9] = {0};
    memcpy(padded, &t, 8);
    to_base64(padded, 9, (char *)vendor_frame + vendor_time);
    put(c, vendor_frame, vendor_len);
    if (t >= measure_from && t < measure_to) sent_down++;
}

/* ---- what arrives */

static void arrived(Samples *windows, Samples *all, long *count, uint64_t sent) {
    if (sent < measure_from || sent >= measure_to) return;
    uint64_t took = now_ns() - sent, window = (sent - measure_from) / WINDOW_NS;
    (*count)++;
    add_sample(all, took);
    if (window < WINDOWS) add_sample(&windows[window], took);
}

static void vendor_heard(Conn *c, const char *text, size_t n) {
    static const char APPEND[] = "{\"type\":\"input_audio_buffer.append\",\"audio\":\"";
    if (n > sizeof APPEND + 12 && !memcmp(text, APPEND, sizeof APPEND - 1)) {
        arrived(up_windows, &up_all, &got_up, time_from_base64(text + sizeof APPEND - 1));
    } else if (memmem(text, n < 200 ? n : 200, "session.update", 14)) {
        put_text(c, "{\"type\":\"session.updated\",\"event_id\":\"e2\",\"session\":{\"type\":\"realtime\","
                    "\"object\":\"realtime.session\",\"id\":\"sess_1\"}}");
        put_text(c, "{\"type\":\"response.created\",\"event_id\":\"e3\",\"response\":{\"object\":\"realtime.response\","
                    "\"id\":\"resp_1\",\"status\":\"in_progress\",\"output\":[]}}");
        put_text(c, "{\"type\":\"response.output_item.added\",\"event_id\":\"e4\",\"response_id\":\"resp_1\","
                    "\"output_index\":0,\"item\":{\"id\":\"item_1\",\"object\":\"realtime.item\",\"type\":\"message\","
                    "\"status\":\"in_progress\",\"role\":\"assistant\",\"content\":[]}}");
        c->state = LIVE, live_vendors++;
    } else {
        other_frames++;
    }
}

static void client_heard(Conn *c, int opcode, const uint8_t *data, size_t n) {
    if (opcode == 2 && n >= 8) {
        uint64_t sent;
        memcpy(&sent, data, 8);
        arrived(down_windows, &down_all, &got_down, sent);
    } else if (opcode == 1 && as_json && n > 1000) {
        const char *delta = memmem(data, n, "\"delta\":\"", 9);
        if (delta) arrived(down_windows, &down_all, &got_down, time_from_base64(delta + 9));
    } else if (opcode == 1 && n > 12 && memmem(data, n, "\"ready\"", 7)) {
        if (c->state == OPENING) c->state = LIVE, live_clients++;
    } else if (opcode == 1 && memmem(data, n, "\"error\"", 7)) {
        if (refused++ < 3) fprintf(stderr, "error frame: %.*s\n", (int)n, (const char *)data);
    } else {
        other_frames++;
    }
}

static void frame_arrived(Conn *c, int opcode, uint8_t *data, size_t n) {
    if (opcode == 9) { /* ping */
        uint8_t pong[140];
        size_t h = 2;
        if (n > 125) return;
        pong[0] = 0x8a, pong[1] = (uint8_t)n;
        if (c->role == CLIENT) pong[1] |= 0x80, memset(pong + 2, 0, 4), h = 6;
        memcpy(pong + h, data, n);
        put(c, pong, h + n);
    } else if (opcode == 8) {
        gone(c);
    } else if (c->role == VENDOR) {
        vendor_heard(c, (const char *)data, n);
    } else {
        client_heard(c, opcode, data, n);
    }
}

static void answer_handshake(Conn *c, const char *request) {
    static const char KEY[] = "sec-websocket-key:";
    char text[128], accept[64], answer[256];
    uint8_t hash[20];
    const char *key = strcasestr(request, KEY);
    if (!key) {
        gone(c);
        return;
    }
    key += sizeof KEY - 1;
    while (*key == ' ') key++;
    int n = snprintf(text, sizeof text, "%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
    sha1(text, (size_t)n, hash);
    accept[to_base64(hash, 20, accept)] = 0;
    n = snprintf(answer, sizeof answer,
                 "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Sec-WebSocket-Accept: %s\r\n\r\n",
                 accept);
    put(c, answer, (size_t)n);
    if (as_json) {
        c->state = LIVE, live_vendors++;
        return;
    }
    c->state = OPENING;
    put_text(c, "{\"type\":\"session.created\",\"event_id\":\"e1\",\"session\":{\"type\":\"realtime\","
                "\"object\":\"realtime.session\",\"id\":\"sess_1\",\"model\":\"gpt-realtime\"}}");
}

static size_t take_handshake(Conn *c) {
    uint8_t *end = memmem(c->in, c->in_len, "\r\n\r\n", 4);
    if (!end) return 0;
    size_t n = (size_t)(end - c->in) + 4;
    c->in[n - 1] = 0;
    if (c->role == VENDOR) {
        answer_handshake(c, (const char *)c->in);
    } else if (memcmp(c->in, "HTTP/1.1 101", 12)) {
        if (refused++ < 3) fprintf(stderr, "refused: %.60s\n", (const char *)c->in);
        gone(c);
    } else if (as_json) {
        c->state = LIVE, live_clients++;
    } else {
        c->state = OPENING;
    }
    return n;
}

static size_t take_frame(Conn *c, uint8_t *p, size_t have) {
    size_t h = 2, n;
    if (have < 2) return 0;
    n = p[1] & 127;
    if (n == 126) {
        if (have < 4) return 0;
        n = (size_t)p[2] << 8 | p[3], h = 4;
    } else if (n == 127) {
        if (have < 10) return 0;
        n = 0;
        for (int i = 0; i < 8; i++) n = n << 8 | p[2 + i];
        h = 10;
    }
    uint8_t *mask = p + h;
    if (p[1] & 128) h += 4;
    if (have < h + n) return 0;
    if (p[1] & 128)
        for (size_t i = 0; i < n; i++) p[h + i] ^= mask[i & 3];
    frame_arrived(c, p[0] & 15, p + h, n);
    return h + n;
}

static void readable(Conn *c) {
    if (c->in_len == c->in_room) c->in = realloc(c->in, c->in_room *= 2);
    ssize_t n = recv(c->fd, c->in + c->in_len, c->in_room - c->in_len, 0);
    if (n <= 0) {
        if (n == 0 || errno != EAGAIN) gone(c);
        return;
    }
    c->in_len += (size_t)n;
    size_t at = 0, taken;
    do {
        taken = 0;
        if (c->state == HANDSHAKE) taken = at ? 0 : take_handshake(c);
        else if (c->state != GONE) taken = take_frame(c, c->in + at, c->in_len - at);
        at += taken;
    } while (taken && c->state != GONE);
    memmove(c->in, c->in + at, c->in_len - at);
    c->in_len -= at;
}

static void accept_all(Conn *listener) {
    int fd, one = 1;
    while ((fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        Conn *c = watch(fd, VENDOR);
        if (next_vendor < sessions) vendors[next_vendor++] = c;
    }
}

static void poll_for(uint64_t ns) {
    struct epoll_event events[256];
    struct timespec wait = {(time_t)(ns / 1000000000ull), (long)(ns % 1000000000ull)};
    int n = epoll_pwait2(poller, events, 256, &wait, NULL);
    for (int i = 0; i < n; i++) {
        Conn *c = events[i].data.ptr;
        if (c->role == LISTENER) {
            accept_all(c);
            continue;
        }
        if (events[i].events & EPOLLOUT && c->state != GONE) flush(c);
        if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR) && c->state != GONE) readable(c);
    }
}

/* ---- the run */

static void listen_on(int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    inet_pton(AF_INET, "127.0.0.1", &a.sin_addr);
    if (bind(fd, (void *)&a, sizeof a) || listen(fd, 4096)) die("listen");
    watch(fd, LISTENER);
}

static Conn *open_session(const char *host, int port, const char *path, const char *token) {
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    char request[2048], offer[1200] = "";
    inet_pton(AF_INET, host, &a.sin_addr);
    if (connect(fd, (void *)&a, sizeof a)) die("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    Conn *c = watch(fd, CLIENT);
    if (strcmp(token, "-")) snprintf(offer, sizeof offer, "Sec-WebSocket-Protocol: %s\r\n", token);
    int n = snprintf(request, sizeof request,
                     "GET %s HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s\r\n",
                     path, host, port, offer);
    put(c, request, (size_t)n);
    return c;
}

static int open_all(FILE *targets) {
    uint64_t deadline = now_ns() + 60000000000ull;
    char host[64], path[256], token[1100];
    int port, opened = 0, more = 1;
    while (live_clients < sessions || live_vendors < sessions) {
        while (more && opened - (live_clients < live_vendors ? live_clients : live_vendors) < OPENING_AT_ONCE) {
            more = opened < sessions && fscanf(targets, "%63s %d %255s %1099s", host, &port, path, token) == 4;
            if (more) clients[opened++] = open_session(host, port, path, token);
        }
        poll_for(5000000);
        if (now_ns() > deadline || refused) {
            fprintf(stderr, "opened %d and %d of %d sessions\n", live_clients, live_vendors, sessions);
            return 0;
        }
    }
    return 1;
}

static int by_phase(const void *a, const void *b) {
    uint64_t x = (*(Conn *const *)a)->phase, y = (*(Conn *const *)b)->phase;
    return (x > y) - (x < y);
}

static void run(double warm, double seconds) {
    int count = 2 * sessions, at = 0;
    Conn **order = malloc((size_t)count * sizeof *order);
    srand(7);
    for (int i = 0; i < count; i++) {
        order[i] = i < sessions ? clients[i] : vendors[i - sessions];
        order[i]->phase = (uint64_t)(rand() % (int)(PERIOD_NS / 1000)) * 1000;
    }
    qsort(order, (size_t)count, sizeof *order, by_phase);
    uint64_t base = now_ns() + PERIOD_NS, cycle = 0;
    measure_from = base + (uint64_t)(warm * 1e9);
    measure_to = measure_from + (uint64_t)(seconds * 1e9);
    for (;;) {
        uint64_t t = now_ns();
        if (t >= measure_to) break;
        for (int burst = 0; burst < 64; burst++) {
            uint64_t due = base + cycle * PERIOD_NS + order[at]->phase;
            t = now_ns();
            if (due > t) break;
            if (t >= measure_from) add_sample(&late, t - due);
            if (order[at]->state == LIVE) (order[at]->role == CLIENT ? send_from_client : send_from_vendor)(order[at], t);
            if (++at == count) at = 0, cycle++;
        }
        uint64_t due = base + cycle * PERIOD_NS + order[at]->phase;
        t = now_ns();
        poll_for(due > t ? (due - t < 5000000 ? due - t : 5000000) : 0);
    }
    uint64_t patience = now_ns() + 2000000000ull;
    while (now_ns() < patience && (got_up < sent_up || got_down < sent_down)) poll_for(5000000);
}

static double own_cpu(void) {
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) + (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

int main(int argc, char **argv) {
    int port = 0;
    double warm = 2, seconds = 8, hold = 0;
    FILE *targets = NULL;
    signal(SIGPIPE, SIG_IGN);
    for (int i = 1; i + 1 < argc; i += 2) {
        char *name = argv[i], *value = argv[i + 1];
        if (!strcmp(name, "--listen")) port = atoi(value);
        else if (!strcmp(name, "--targets")) targets = fopen(value, "r");
        else if (!strcmp(name, "--mode")) as_json = !strcmp(value, "json");
        else if (!strcmp(name, "--warm")) warm = atof(value);
        else if (!strcmp(name, "--seconds")) seconds = atof(value);
        else if (!strcmp(name, "--hold")) hold = atof(value);
        else return fprintf(stderr, "unknown option %s\n", name), 1;
    }
    if (!port || !targets) return fprintf(stderr, "--listen and --targets are needed\n"), 1;
    for (int ch; (ch = fgetc(targets)) != EOF;) sessions += ch == '\n';
    rewind(targets);
    clients = calloc((size_t)sessions, sizeof *clients), vendors = calloc((size_t)sessions, sizeof *vendors);
    poller = epoll_create1(0);
    make_frames();
    listen_on(port);
    uint64_t began = now_ns();
    if (!open_all(targets)) return 4;
    double opening = (double)(now_ns() - began) / 1e9, before = own_cpu();
    printf("open\n");
    fflush(stdout);
    if (hold > 0) {
        uint64_t until = now_ns() + (uint64_t)(hold * 1e9);
        while (now_ns() < until) poll_for(100000000);
    } else {
        run(warm, seconds);
    }
    printf("{\"sessions\":%d,\"opening_s\":%.3f,\"sent_up\":%ld,\"got_up\":%ld,\"sent_down\":%ld,\"got_down\":%ld,"
           "\"closed\":%ld,\"other\":%ld,\"backlog\":%ld,\"up_p50\":%.1f,\"up_p99\":%.1f,\"down_p50\":%.1f,"
           "\"down_p99\":%.1f,\"up_p99_all\":%.1f,\"down_p99_all\":%.1f,\"late_p99\":%.1f,\"own_cpu\":%.3f}\n",
           sessions, opening, sent_up, got_up, sent_down, got_down, closed, other_frames, backlog,
           median_of_windows(up_windows, .5), median_of_windows(up_windows, .99), median_of_windows(down_windows, .5),
           median_of_windows(down_windows, .99), quantile_us(&up_all, .99), quantile_us(&down_all, .99),
           quantile_us(&late, .99), own_cpu() - before);
    return 0;
}
