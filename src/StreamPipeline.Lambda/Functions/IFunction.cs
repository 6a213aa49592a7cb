using System.Buffers;
using StreamPipeline.Lambda.Runtime;

namespace StreamPipeline.Lambda.Functions;

/// <summary>What a Lambda function does with an event. One instance serves all invocations of the process, one after the other.</summary>
internal interface IFunction
{
    /// <param name="invocation">The event; its payload is valid until this returns.</param>
    /// <param name="response">Takes the answer, JSON.</param>
    /// <param name="cancellation">Cancelled shortly before the deadline: the answer must be written then.</param>
    ValueTask Handle(Invocation invocation, IBufferWriter<byte> response, CancellationToken cancellation);
}
