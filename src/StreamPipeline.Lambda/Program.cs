return await StreamPipeline.Lambda.Compose.Start(Environment.GetEnvironmentVariable, Console.OpenStandardOutput());
