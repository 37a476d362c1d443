#!/usr/bin/env python3
"""Golden images: files and the SHA-256 of their RGB pixels, by other programs than ours (Debian: libjpeg-turbo-progs python3-pil python3-numpy optipng).

/usr/bin/python3 tests/reference/images.py tests/Models.Tests/data/images
/usr/bin/python3 tests/reference/images.py FOLDER 500      as many more, large and at random, for TEMPER_GOLDEN_IMAGES=FOLDER

PNG files are written here, row by row with every filter, from pixels that are known; what is expected follows from the rules of docs/adr/0016: 16 bits
rounded to 8, alpha over white. Where Pillow reads the same kind without loss, it must agree. optipng interlaces one file a second time.
JPEG files are written by cjpeg; what is expected is what djpeg gives (-dct int, fancy upsampling), exactly. Resized pixels are Pillow's.
"""
import hashlib, io, json, os, struct, subprocess, sys, zlib
import numpy as np
from PIL import Image

OUT = sys.argv[1]
os.makedirs(OUT, exist_ok=True)
GOLDEN = []
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def keep(name, data, rgb, **more):
    with open(os.path.join(OUT, name), "wb") as f:
        f.write(data)
    h, w, _ = rgb.shape
    GOLDEN.append(dict(file=name, width=w, height=h, sha256=hashlib.sha256(np.ascontiguousarray(rgb.astype(np.uint8)).tobytes()).hexdigest(), **more))


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def packed(samples, bits):
    """Rows of samples [h, n] as bytes [h, ceil(n * bits / 8)]."""
    h, n = samples.shape
    if bits == 16:
        return samples.astype(">u2").view(np.uint8).reshape(h, -1)
    if bits == 8:
        return samples.astype(np.uint8)
    spread = ((samples[:, :, None] >> np.arange(bits - 1, -1, -1)) & 1).astype(np.uint8).reshape(h, -1)
    return np.packbits(spread, axis=1)


def filtered(rows, distance, first):
    out, above = bytearray(), np.zeros(rows.shape[1], np.int32)
    for y, row in enumerate(rows.astype(np.int32)):
        kind = (first + y) % 5
        left = np.concatenate([np.zeros(min(distance, len(row)), np.int32), row[:-distance] if len(row) > distance else row[:0]])[:len(row)]
        corner = np.concatenate([np.zeros(min(distance, len(row)), np.int32), above[:-distance] if len(row) > distance else above[:0]])[:len(row)]
        p = left + above - corner
        a, b, c = abs(p - left), abs(p - above), abs(p - corner)
        paeth = np.where((a <= b) & (a <= c), left, np.where(b <= c, above, corner))
        out += bytes([kind]) + ((row - [0 * row, left, above, (left + above) // 2, paeth][kind]) & 255).astype(np.uint8).tobytes()
        above = row
    return bytes(out)


def png(samples, bits, colour, interlace=0, before=(), after=(), split=0):
    h, w, _ = samples.shape
    n = CHANNELS[colour]
    distance = max(1, n * bits // 8)
    raw = b""
    for i, (x, y, dx, dy) in enumerate(ADAM7 if interlace else [(0, 0, 1, 1)]):
        part = samples[y::dy, x::dx]
        if part.size:
            raw += filtered(packed(part.reshape(part.shape[0], -1), bits), distance, i)
    data = zlib.compress(raw, 9)
    parts = [data[i:i + split] for i in range(0, len(data), split)] if split else [data]
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, bits, colour, 0, 0, interlace)) + b"".join(chunk(*c) for c in before) \
        + b"".join(chunk(b"IDAT", p) for p in parts) + b"".join(chunk(*c) for c in after) + chunk(b"IEND", b"")


def eight(samples, bits):
    s = samples.astype(np.int64)
    return (s * 255 + 32895) >> 16 if bits == 16 else s * 255 // (2 ** bits - 1)


def over(colour, alpha):
    c, a = colour.astype(np.int64), alpha.astype(np.int64)
    return (c * a + 255 * (255 - a) + 127) // 255


def expected(samples, bits, colour, palette=None, trns=None):
    if colour == 3:
        alpha = np.full(len(palette), 255)
        if trns is not None:
            alpha[:len(trns)] = trns
        return over(palette, alpha[:, None])[samples[:, :, 0]]
    s = eight(samples, bits)
    if colour in (0, 4):
        rgb = np.repeat(s[:, :, :1], 3, axis=2)
    else:
        rgb = s[:, :, :3]
    if colour in (4, 6):
        return over(rgb, s[:, :, -1:])
    if trns is not None:
        rgb = np.where((samples == np.array(trns)).all(axis=2, keepdims=True), 255, rgb)
    return rgb


def photo(w, h, seed=1):
    """Something with edges, slopes and noise: [h, w, 3]."""
    y, x = np.mgrid[0:h, 0:w].astype(np.float64)
    r = np.random.RandomState(seed)
    base = np.stack([128 + 100 * np.sin(x / 5 + y / 9), 128 + 90 * np.cos(x / 7 - y / 4), (x * 5 + y * 3) % 256], axis=2)
    base[(x - w / 2) ** 2 + (y - h / 2) ** 2 < (min(w, h) / 3) ** 2] = [240, 40, 30]
    return np.clip(base + r.normal(0, 6, base.shape), 0, 255).astype(np.uint8)


def all_png():
    r = np.random.RandomState(7)
    for colour, depths in ((0, (1, 2, 4, 8, 16)), (2, (8, 16)), (3, (1, 2, 4, 8)), (4, (8, 16)), (6, (8, 16))):
        for bits in depths:
            for interlace in (0, 1):
                w, h = (19, 13) if interlace else (13, 11)
                top = 2 ** bits
                samples = r.randint(0, top, (h, w, CHANNELS[colour]))
                before, palette = [], None
                if colour == 3:
                    palette = r.randint(0, 256, (top, 3))
                    before = [(b"PLTE", palette.astype(np.uint8).tobytes())]
                name = f"png-{colour}-{bits}-{'i' if interlace else 'n'}"
                data = png(samples, bits, colour, interlace, before, split=97)
                keep(name + ".png", data, expected(samples, bits, colour, palette))
                if bits <= 8 and colour in (0, 2, 3):
                    seen = np.array(Image.open(io.BytesIO(data)).convert("RGB"))
                    assert (seen == expected(samples, bits, colour, palette)).all(), name
                if colour == 3:
                    alpha = r.randint(0, 256, (top + 1) // 2)
                    keep(name + "-t.png", png(samples, bits, colour, interlace, before + [(b"tRNS", alpha.astype(np.uint8).tobytes())]), expected(samples, bits, colour, palette, alpha))
                elif colour in (0, 2):
                    clear = samples[3, 4]
                    keep(name + "-t.png", png(samples, bits, colour, interlace, [(b"tRNS", clear.astype(">u2").tobytes())]), expected(samples, bits, colour, None, clear))
    for w, h in ((1, 1), (2, 1), (1, 5), (3, 3), (5, 2), (8, 8)):
        samples = r.randint(0, 256, (h, w, 3))
        keep(f"png-small-{w}x{h}.png", png(samples, 8, 2, 1), samples)
    samples = photo(40, 27)
    plain = png(samples, 8, 2)
    path = os.path.join(OUT, "tmp.png")
    open(path, "wb").write(plain)
    subprocess.run(["optipng", "-quiet", "-i1", "-o1", path], check=True)
    keep("png-optipng.png", open(path, "rb").read(), samples)
    os.remove(path)
    exif = b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, 6, 0, 0)
    keep("png-exif6.png", png(samples, 8, 2, after=[(b"eXIf", exif)]), np.rot90(samples, 3))


def jpeg(rgb, *options, restart=None, exif=None, grey=False):
    ppm = b"P%d %d %d 255\n" % (5 if grey else 6, rgb.shape[1], rgb.shape[0]) + (rgb[:, :, 0] if grey else rgb).tobytes()
    data = subprocess.run(["cjpeg", *options, *(["-restart", restart] if restart else [])], input=ppm, capture_output=True, check=True).stdout
    if exif:
        tiff = b"II*\0" + struct.pack("<IHHHIHHI", 8, 1, 0x0112, 3, 1, exif, 0, 0)
        data = data[:2] + b"\xff\xe1" + struct.pack(">H", len(tiff) + 8) + b"Exif\0\0" + tiff + data[2:]
    return data


def seen(data):
    out = subprocess.run(["djpeg", "-dct", "int", "-ppm", "-rgb"], input=data, capture_output=True, check=True).stdout
    return np.array(Image.open(io.BytesIO(out)).convert("RGB"))


def all_jpeg():
    for w, h in ((37, 29), (16, 16), (1, 1), (3, 2), (5, 40), (4, 4)):
        rgb = photo(w, h)
        for sampling in ("1x1", "2x1", "1x2", "2x2", "4x1", "4x2") if w in (37, 5) else ("2x2", "2x1", "1x2"):
            data = jpeg(rgb, "-quality", "83", "-sample", sampling)
            keep(f"jpeg-{w}x{h}-{sampling}.jpg", data, seen(data))
            data = jpeg(rgb, "-quality", "60", "-progressive", "-sample", sampling)
            keep(f"jpeg-{w}x{h}-{sampling}-p.jpg", data, seen(data))
    rgb = photo(67, 45, 3)
    more = dict(grey=jpeg(rgb, "-quality", "90", grey=True), greyp=jpeg(rgb, "-quality", "40", "-progressive", grey=True),
                restart=jpeg(rgb, "-quality", "75", restart="3B"), restartp=jpeg(rgb, "-progressive", restart="1"), optimised=jpeg(rgb, "-optimize", "-quality", "95"),
                q1=jpeg(rgb, "-quality", "1"), q100=jpeg(rgb, "-quality", "100", "-sample", "1x1"), rgb=jpeg(rgb, "-rgb", "-quality", "80"),
                wide16=jpeg(rgb, "-quality", "5", "-qslots", "0,1", "-progressive"))
    for name, data in more.items():
        keep(f"jpeg-{name}.jpg", data, seen(data))
    path = os.path.join(OUT, "scans.txt")
    open(path, "w").write("0;\n1;\n2;\n")
    data = jpeg(rgb, "-scans", path)
    keep("jpeg-three-scans.jpg", data, seen(data))
    os.remove(path)
    turns = {1: lambda a: a, 2: lambda a: a[:, ::-1], 3: lambda a: a[::-1, ::-1], 4: lambda a: a[::-1], 5: lambda a: a.transpose(1, 0, 2),
             6: lambda a: np.rot90(a, 3), 7: lambda a: a[::-1, ::-1].transpose(1, 0, 2), 8: lambda a: np.rot90(a, 1)}
    for turn, apply in turns.items():
        data = jpeg(photo(20, 12), "-quality", "90", exif=turn)
        keep(f"jpeg-exif{turn}.jpg", data, apply(seen(data)), orientation=turn)
        upright = np.array(__import__("PIL.ImageOps").ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")).astype(int)
        assert abs(upright - apply(seen(data)).astype(int)).max() <= 2, turn
    for quality, sampling in ((90, 0), (70, 2)):
        cmyk = Image.fromarray(np.concatenate([photo(33, 21), photo(33, 21, 5)[:, :, :1]], axis=2), "CMYK")
        out = io.BytesIO()
        cmyk.save(out, "JPEG", quality=quality, subsampling=sampling)
        data = out.getvalue()
        # Pillow writes inks as Adobe does (255 - ink) and turns them back when it reads; light is the product of what the inks leave.
        ink = np.array(Image.open(io.BytesIO(data))).astype(np.int64)
        keep(f"jpeg-cmyk-{quality}.jpg", data, ((255 - ink[:, :, :3]) * (255 - ink[:, :, 3:]) + 127) // 255)


def all_resized():
    rgb = photo(61, 43, 9)
    source = Image.fromarray(rgb)
    keep("resize-source.png", png(rgb, 8, 2), rgb)
    for filter, name in ((Image.BILINEAR, "bilinear"), (Image.BICUBIC, "bicubic")):
        for w, h in ((30, 21), (122, 86), (61, 20), (17, 43), (7, 90), (1, 1), (64, 64)):
            GOLDEN.append(dict(resized=name, width=w, height=h, sha256=hashlib.sha256(np.array(source.resize((w, h), filter)).tobytes()).hexdigest()))


def at_random(count):
    r = np.random.RandomState(11)
    for i in range(count):
        w, h = int(r.randint(1, 700)), int(r.randint(1, 500))
        rgb = photo(w, h, i)
        if i % 3 == 0:
            colour = [0, 2, 4, 6][i // 3 % 4]
            bits = [8, 16][r.randint(2)]
            samples = np.concatenate([rgb, rgb[:, :, :1]], axis=2)[:, :, :CHANNELS[colour]].astype(np.int64) * (257 if bits == 16 else 1)
            keep(f"random-{i}.png", png(samples, bits, colour, int(r.randint(2)), split=int(r.randint(100, 9000))), expected(samples, bits, colour))
            continue
        options = ["-quality", str(r.randint(1, 101)), "-sample", ["1x1", "2x1", "1x2", "2x2", "4x1", "4x2", "1x4"][r.randint(7)]]
        options += [[], ["-progressive"], ["-optimize"]][r.randint(3)]
        data = jpeg(rgb, *options, restart=[None, "1", "7B", "40B"][r.randint(4)])
        keep(f"random-{i}.jpg", data, seen(data))


all_png()
at_random(int(sys.argv[2]) if len(sys.argv) > 2 else 0)
all_jpeg()
all_resized()
json.dump(GOLDEN, open(os.path.join(OUT, "golden.json"), "w"), indent=0)
print(len(GOLDEN), "cases", sum(os.path.getsize(os.path.join(OUT, f)) for f in os.listdir(OUT)), "bytes")
