using StreamPipeline.Benchmarks.Peers;

return await PeerServer.Serve(new ProductPeer(), Console.In, Console.Out);
