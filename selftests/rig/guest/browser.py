# SPDX-License-Identifier: GPL-2.0
"""In a desktop: Chromium plays a WAV file, or records 4 s in which there is audio data.

    browser.py play FILE.wav
    browser.py record FILE.raw      one channel, S16_LE, 48 kHz
"""

import http.server
import pathlib
import subprocess
import sys
import tempfile

PAGE = """<!DOCTYPE html><script>
async function play() {
    const audio = new Audio("/file");
    const ended = new Promise(resolve => audio.onended = resolve);
    await audio.play();
    await ended;
    return "";
}

async function record() {
    const context = new AudioContext({sampleRate: 48000});
    const stream = await navigator.mediaDevices.getUserMedia(
        {audio: {echoCancellation: false, noiseSuppression: false, autoGainControl: false}});
    const node = context.createScriptProcessor(16384, 1, 1);
    const blocks = [];
    node.onaudioprocess = event => {
        const block = Int16Array.from(event.inputBuffer.getChannelData(0), x => 32767 * x);
        if (block.some(x => x))
            blocks.push(block);
    };
    context.createMediaStreamSource(stream).connect(node).connect(context.destination);
    for (let s = 0; s < 90 && blocks.length < 12; s++)
        await new Promise(resolve => setTimeout(resolve, 1000));
    stream.getTracks().forEach(track => track.stop());
    return new Blob(blocks);
}

(location.pathname == "/play" ? play() : record())
    .then(body => fetch("/done", {method: "POST", body}),
          error => fetch("/failed", {method: "POST", body: String(error)}));
</script>"""
# With a network service of its own it loses the page in an emulated machine.
CHROMIUM = ("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-extensions", "--no-first-run",
            "--in-process-gpu", "--enable-features=NetworkServiceInProcess2", "--disable-background-networking",
            "--autoplay-policy=no-user-gesture-required", "--use-fake-ui-for-media-stream")
verb, file = sys.argv[1], pathlib.Path(sys.argv[2])
result = []


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = file.read_bytes() if self.path == "/file" else PAGE.encode()
        self.send_response(200)
        self.send_header("Content-Type", "audio/wav" if self.path == "/file" else "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        result.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()


with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server, tempfile.TemporaryDirectory() as profile:
    browser = subprocess.Popen([*CHROMIUM, f"--user-data-dir={profile}",
                                f"http://127.0.0.1:{server.server_port}/{verb}"])
    server.timeout = 1
    while not result and browser.poll() is None:
        server.handle_request()
    browser.terminate()
    browser.wait()
if not result or result[0][0] != "/done":
    sys.exit(f"the browser says: {result}")
if verb == "record":
    file.write_bytes(result[0][1])
