using StreamPipeline.Benchmarks.Peers;

return await PeerServer.Serve(new ProductPeer(bronze: args is not [ProductPeer.WithoutBronze]), Console.In, Console.Out);
