#!/usr/bin/env python3
#
# A TCP proxy of one thread and many coroutines: each connection that is made to a port goes on to
# another. Runs until it is ended.
#
# usage: proxy-asyncio.py PORT ADDRESS PORT
import asyncio
import sys

MOST = 65536


async def pump(reader, writer):
    try:
        while data := await reader.read(MOST):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except OSError:
        writer.close()


async def main(port, address, to):
    async def serve(reader, writer):
        far_reader, far_writer = await asyncio.open_connection(address, to)
        await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))
        far_writer.close()
        writer.close()

    server = await asyncio.start_server(serve, "0.0.0.0", port)
    async with server:
        await server.serve_forever()


if len(sys.argv) != 4:
    sys.exit("usage: proxy-asyncio.py PORT ADDRESS PORT")
asyncio.run(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
